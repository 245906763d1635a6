"""The ledger on etcd.

- `url`: where it is; `transport`, `gateway`, `watch`: etcd's JSON interface; `errors`: what it may answer
- `cluster`: a cluster on this machine
"""
