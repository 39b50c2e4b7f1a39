"""Runs a command in a network namespace of its own where every name server there is hears the question
and never answers: deaf-resolver.py COMMAND...

Every address is local there, and one socket takes what is sent to port 53 of any of them. Started by
`unshare --net`. The command has the same process id, and its copy of the socket stays open.
"""
import os
import socket
import subprocess
import sys

for command in ("link set lo up", "route add local 0.0.0.0/0 dev lo", "-6 route add local ::/0 dev lo"):
    subprocess.run(["ip", *command.split()], check="-6" not in command, stderr=subprocess.DEVNULL)
ears = socket.socket(socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
if socket.has_ipv6:
    ears.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
ears.bind(("", 53))
ears.set_inheritable(True)
os.execvp(sys.argv[1], sys.argv[1:])
