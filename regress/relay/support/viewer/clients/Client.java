// What Java's own clients of HTTP and WebSocket hear: java Client.java URL MATCH [CERTIFICATE].
// They are used as they come: HTTP/2 is preferred, so that they ask for an upgrade to h2c.
// Without expectContinue(true): Java 17 waits for ever when the answer is not 100 (JDK-8286171).
import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class Client {
    static SSLContext trust(String file) throws Exception {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (FileInputStream stream = new FileInputStream(file)) {
            store.setCertificateEntry("relay", CertificateFactory.getInstance("X.509").generateCertificate(stream));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }

    static class Listener implements WebSocket.Listener {
        final StringBuilder text = new StringBuilder();
        final List<String> heard = new ArrayList<>();
        final CompletableFuture<Integer> closed = new CompletableFuture<>();
        final CompletableFuture<String> pong = new CompletableFuture<>();
        final CompletableFuture<Void> answered = new CompletableFuture<>();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                heard.add(text.toString().replaceAll("^\\{\"type\":\"([a-z]+)\".*", "$1"));
                if (text.indexOf("{\"type\":\"pong\"") == 0)
                    answered.complete(null);
                text.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
            pong.complete(StandardCharsets.UTF_8.decode(message).toString());
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closed.complete(code);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            closed.completeExceptionally(error);
        }
    }

    static HttpResponse<String> ask(HttpClient client, String uri, String method, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(uri)).method(method,
            body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0)
            request.headers(headers);
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    public static void main(String[] arguments) throws Exception {
        String url = arguments[0], match = arguments[1];
        HttpClient.Builder builder = HttpClient.newBuilder();
        if (arguments.length > 2)
            builder.sslContext(trust(arguments[2]));
        HttpClient client = builder.build();
        HttpResponse<String> first = ask(client, url + "/matches/" + match, "GET", null);
        HttpResponse<String> again = ask(client, url + "/matches/" + match, "GET", null,
            "If-None-Match", first.headers().firstValue("etag").orElse(""));
        HttpResponse<String> posted = ask(client, url + "/matches/" + match, "POST", "{\"a\":1}");
        System.out.printf("{\"first\":%d,\"version\":\"%s\",\"again\":%d,\"posted\":%d,",
            first.statusCode(), first.version(), again.statusCode(), posted.statusCode());

        Listener listener = new Listener();
        WebSocket socket = client.newWebSocketBuilder().subprotocols("commentary.v1")
            .buildAsync(URI.create(url.replaceFirst("^http", "ws") + "/ws"), listener).get(120, TimeUnit.SECONDS);
        socket.sendText("{\"type\":\"subscribe\",\"match\":" + match + ",\"history\":3}", true).get();
        socket.sendText("{\"type\":", false).get();
        socket.sendPing(StandardCharsets.UTF_8.encode("hello")).get();
        socket.sendText("\"ping\"}", true).get();
        listener.answered.get(120, TimeUnit.SECONDS);
        String pong = listener.pong.get(120, TimeUnit.SECONDS);
        socket.sendClose(1000, "bye").get();
        int code = listener.closed.get(120, TimeUnit.SECONDS);
        System.out.printf("\"protocol\":\"%s\",\"types\":[\"%s\"],\"pong\":\"%s\",\"code\":%d}%n", socket.getSubprotocol(),
            String.join("\",\"", listener.heard), pong, code);
        System.exit(0);
    }
}
