#!/bin/bash
# First start of the NAT instance: forwards, and gives what it forwards its own address. Kept by systemd over restarts.
set -euo pipefail

echo 'net.ipv4.ip_forward = 1' >/etc/sysctl.d/90-nat.conf
sysctl --system >/dev/null

until dnf install --assumeyes --quiet nftables; do sleep 5; done

interface=$(ip -4 route show default | awk '{ print $5; exit }')
mkdir -p /etc/nftables
cat >/etc/sysconfig/nftables.conf <<RULES
flush ruleset
table inet nat {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "$interface" masquerade
  }
}
RULES
systemctl enable --now nftables
