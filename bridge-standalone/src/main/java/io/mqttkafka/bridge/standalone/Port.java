package io.mqttkafka.bridge.standalone;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeState;
import io.mqttkafka.bridge.standalone.config.HttpSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The port for people and tools: {@code /health/live}, {@code /health/ready}, {@code /metrics}, {@code /status} and a page.
 *
 * <p>It only shows. Whoever asks too much, too slowly, or by a name that is not its own is turned away; threads, connections and what
 * waits are bounded, and the bridge never waits for any of them. Thread-safe.
 */
final class Port implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Port.class);
    private static final int THREADS = 8;
    private static final int WAITING = 64;
    private static final int CONNECTIONS = 200;

    static {
        // The JDK reads these once, with the first server of the process; its own defaults are for ever and unlimited.
        limit("sun.net.httpserver.maxReqTime", 5);
        limit("sun.net.httpserver.maxRspTime", 10);
        limit("sun.net.httpserver.idleInterval", 10);
        limit("sun.net.httpserver.maxIdleConnections", 50);
        limit("jdk.httpserver.maxConnections", CONNECTIONS);
        limit("sun.net.httpserver.maxReqHeaders", 100);
        limit("sun.net.httpserver.maxReqHeaderSize", 16_384);
        limit("sun.net.httpserver.drainAmount", 4096);
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer server;
    private final ThreadPoolExecutor executor;
    private final Set<String> hosts;
    private final Bridge bridge;
    private final Metrics metrics;
    private final StatusReport report;
    private volatile long reported;
    private volatile byte[] lastReport = new byte[0];

    private Port(HttpServer server, HttpSettings settings, Bridge bridge, Metrics metrics, StatusReport report) {
        this.server = server;
        this.bridge = bridge;
        this.metrics = metrics;
        this.report = report;
        hosts = settings.hosts().stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
        executor = new ThreadPoolExecutor(
                THREADS, THREADS, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), task -> {
                    Thread thread = new Thread(task, "bridge-http");
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        server.setExecutor(executor);
        server.createContext("/", this::answer);
    }

    private static void limit(String property, int value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, String.valueOf(value));
        }
    }

    /**
     * Opens the port.
     *
     * @throws PortException if it is taken, or there is no such address
     */
    static Port open(HttpSettings settings, Bridge bridge, Metrics metrics, StatusReport report) {
        try {
            HttpServer server = HttpServer.create(
                    new InetSocketAddress(InetAddress.getByName(settings.address()), settings.port()), 50);
            Port port = new Port(server, settings, bridge, metrics, report);
            server.start();
            return port;
        } catch (UnknownHostException e) {
            throw new PortException("http.address: there is no address '" + settings.address() + "'", e);
        } catch (IOException e) {
            throw new PortException(
                    "http.port: " + settings.port() + " on " + settings.address()
                            + " cannot be opened; is another program on it, or does it need rights? Choose another port",
                    e);
        }
    }

    /** Returns the address to reach it by. */
    String shownAddress() {
        InetSocketAddress address = server.getAddress();
        String host = address.getAddress().isAnyLocalAddress()
                ? "localhost"
                : address.getAddress().getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            if (!knows(exchange.getRequestHeaders().getFirst("Host"))) {
                // A page of somebody else, whose name leads here, could read what only this machine may see.
                send(exchange, 421, "text/plain", bytes("this name is not known here; add it to http.hosts\n"));
            } else if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                send(exchange, 405, "text/plain", bytes("only GET and HEAD\n"));
            } else {
                route(exchange);
            }
        } catch (IOException e) {
            log.trace("A client went away", e);
        } catch (RuntimeException e) {
            log.warn("A request on the port for people and tools failed", e);
        }
    }

    private void route(HttpExchange exchange) throws IOException {
        switch (exchange.getRequestURI().getPath()) {
            case "/" -> send(exchange, 200, "text/html; charset=utf-8", StatusPage.html());
            case "/health/live" -> live(exchange);
            case "/health/ready" -> ready(exchange);
            case "/metrics" -> send(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", bytes(metrics.scrape()));
            case "/status" -> send(exchange, 200, "application/json", status());
            default ->
                send(
                        exchange,
                        404,
                        "text/plain",
                        bytes("there is /, /status, /metrics, /health/live, /health/ready\n"));
        }
    }

    /** A bridge that waits for a broker must not be killed for it: what is not acknowledged stays where it is. */
    private void live(HttpExchange exchange) throws IOException {
        boolean failed = bridge.state() == BridgeState.FAILED;
        send(exchange, failed ? 503 : 200, "text/plain", bytes(failed ? "failed\n" : "live\n"));
    }

    private void ready(HttpExchange exchange) throws IOException {
        BridgeHealth health = bridge.health();
        send(exchange, health.healthy() ? 200 : 503, "text/plain", bytes(report.reason(health)));
    }

    /** One report a second serves however many ask. */
    private byte[] status() {
        long now = System.nanoTime();
        byte[] last = lastReport;
        if (last.length == 0 || now - reported >= Duration.ofSeconds(1).toNanos()) {
            last = bytes(Json.compact(report.of(bridge.health())));
            lastReport = last;
            reported = now;
        }
        return last;
    }

    private boolean knows(@Nullable String header) {
        if (header == null) {
            return false;
        }
        String host = header.toLowerCase(Locale.ROOT).replaceFirst(":\\d{0,5}$", "");
        return host.equals("localhost")
                || host.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}")
                || host.matches("\\[[0-9a-f:.]+]")
                || hosts.contains(host);
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", type);
        headers.set("Cache-Control", "no-store");
        headers.set("X-Content-Type-Options", "nosniff");
        headers.set("X-Frame-Options", "DENY");
        headers.set("Referrer-Policy", "no-referrer");
        headers.set("Content-Security-Policy", StatusPage.policy());
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
