# Varnish before a relay: documents from its cache, for the second that they are good; WebSockets
# and streams are passed through. @WORDS@ are filled in by regress/relay/access/behind_proxies.py.
vcl 4.1;

backend relay {
    .host = "127.0.0.1";
    .port = "@RELAY@";
    # More than two ping intervals of the relay.
    .between_bytes_timeout = 75s;
}

sub vcl_recv {
    if (req.http.Upgrade ~ "(?i)^websocket$") {
        return (pipe);
    }
    if (req.url ~ "/events([?]|$)") {
        return (pipe);
    }
}

sub vcl_pipe {
    set bereq.http.Connection = req.http.Connection;
    if (req.http.Upgrade) {
        set bereq.http.Upgrade = req.http.Upgrade;
    }
}
