// PostgreSQL with pgx and objects with MinIO's client for Go, as tools/store-bench does it: same settings, same report.
//
//	stores '{"store": "postgres", "operation": "read", "url": …, "concurrency": 16, …}'
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

type settings struct {
	Store       string `json:"store"`
	Operation   string `json:"operation"`
	URL         string `json:"url"`
	Endpoint    string `json:"endpoint"`
	KeyID       string `json:"key_id"`
	Secret      string `json:"secret"`
	Prefix      string `json:"prefix"`
	Tenant      bool   `json:"tenant"`
	Pool        int32  `json:"pool"`
	Concurrency int    `json:"concurrency"`
	WarmUp      int    `json:"warm_up_ms"`
	Duration    int    `json:"duration_ms"`
	Rows        uint64 `json:"rows"`
	Keys        uint64 `json:"keys"`
	Bytes       int    `json:"bytes"`
}

const setTenant = "select set_config('slipway.workspace', $1, true), set_config('slipway.scope', 'workspace', true)"

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func cpu() float64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func runLoad(given settings, operation func(turn uint64)) {
	var turn atomic.Uint64
	var counting, ending atomic.Bool
	var workers sync.WaitGroup
	waits := make([][]float64, given.Concurrency)
	for i := range given.Concurrency {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for !ending.Load() {
				began := time.Now()
				operation(turn.Add(1) - 1)
				if counting.Load() {
					waits[i] = append(waits[i], float64(time.Since(began).Nanoseconds())/1000)
				}
			}
		}()
	}
	time.Sleep(time.Duration(given.WarmUp) * time.Millisecond)
	began, used := time.Now(), cpu()
	counting.Store(true)
	time.Sleep(time.Duration(given.Duration) * time.Millisecond)
	counting.Store(false)
	ending.Store(true)
	used = cpu() - used
	seconds := time.Since(began).Seconds()
	workers.Wait()
	var all []float64
	for _, some := range waits {
		all = append(all, some...)
	}
	sort.Float64s(all)
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{"operations": len(all), "seconds": seconds, "cpu": used,
		"p50 us": all[len(all)/2], "p99 us": all[len(all)*99/100]}))
}

// With a tenant the workspace is set for one transaction: a batch, which pgx sends as one message.
func postgres(given settings) {
	config, err := pgxpool.ParseConfig(given.URL)
	must(err)
	config.MaxConns = given.Pool
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	must(err)
	table := "plain_note"
	if given.Tenant {
		table = "bench_note"
	}
	read := "select number, title, created_at from " + table + " where workspace = $2 and id = $1"
	insert := "insert into " + table + "(id, workspace, number, title, created_at) values ($1, $2, $3, $4, $5)"
	runLoad(given, func(turn uint64) {
		ctx := context.Background()
		sql, arguments := read, []any{fmt.Sprintf("note-%d", turn*7919%given.Rows), "one"}
		if given.Operation == "insert" {
			sql, arguments = insert, []any{fmt.Sprintf("%s-%d", given.Prefix, turn), "one", int64(turn), "A note of the bench", int64(1700000000000)}
		}
		if !given.Tenant {
			if given.Operation == "insert" {
				_, err := pool.Exec(ctx, sql, arguments...)
				must(err)
				return
			}
			scan(pool.QueryRow(ctx, sql, arguments...))
			return
		}
		batch := &pgx.Batch{}
		if given.Operation == "insert" {
			batch.Queue("begin isolation level serializable")
		}
		batch.Queue(setTenant, "one")
		batch.Queue(sql, arguments...)
		if given.Operation == "insert" {
			batch.Queue("commit")
		}
		results := pool.SendBatch(ctx, batch)
		if given.Operation == "insert" {
			for range 4 {
				_, err := results.Exec()
				must(err)
			}
		} else {
			_, err := results.Exec()
			must(err)
			scan(results.QueryRow())
		}
		must(results.Close())
	})
	pool.Close()
}

func scan(row pgx.Row) {
	var number, created int64
	var title string
	must(row.Scan(&number, &title, &created))
}

func objects(given settings) {
	client, err := minio.New(strings.TrimPrefix(given.Endpoint, "http://"), &minio.Options{
		Creds: credentials.NewStaticV4(given.KeyID, given.Secret, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath})
	must(err)
	data := bytes.Repeat([]byte("d"), given.Bytes)
	runLoad(given, func(turn uint64) {
		ctx := context.Background()
		key := fmt.Sprintf("minio/%d-%d", given.Bytes, turn*7919%given.Keys)
		if given.Operation == "put" {
			_, err := client.PutObject(ctx, "documents", key, bytes.NewReader(data), int64(len(data)),
				minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true})
			must(err)
			return
		}
		object, err := client.GetObject(ctx, "documents", key, minio.GetObjectOptions{})
		must(err)
		got, err := io.ReadAll(object)
		must(err)
		if len(got) != len(data) {
			must(fmt.Errorf("%d bytes came", len(got)))
		}
		must(object.Close())
	})
}

func main() {
	var given settings
	must(json.Unmarshal([]byte(os.Args[1]), &given))
	if given.Store == "postgres" {
		postgres(given)
	} else {
		objects(given)
	}
}
