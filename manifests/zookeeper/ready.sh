# Whether this server is part of a working ensemble: it says so itself.
exec 3<>/dev/tcp/127.0.0.1/2181 && printf srvr >&3 && grep -Eq '^Mode: (leader|follower|standalone)' <&3
