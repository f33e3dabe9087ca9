// SQLite in C++: a connection, statements, results as values. Not thread safe; one thread at a time.
// Used by store/database and by store/index, which keep separate files.
