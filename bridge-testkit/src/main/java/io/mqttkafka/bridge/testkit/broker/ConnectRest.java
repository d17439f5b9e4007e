package io.mqttkafka.bridge.testkit.broker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.mqttkafka.bridge.testkit.net.Polling;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Talks to the REST interface of workers. */
final class ConnectRest {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;
    private static final int SERVER_ERROR = 500;
    private static final ObjectMapper JSON = new ObjectMapper();

    // HTTP/2 is not spoken there, and asking for it makes the first request larger.
    private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();

    private ConnectRest() {}

    /** Asks once; null if nobody answers. */
    static EmbeddedConnect.@Nullable Answer ask(String url, String method, String path, @Nullable String body) {
        HttpRequest.BodyPublisher content =
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .method(method, content)
                .build();
        try {
            HttpResponse<String> answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
            return new EmbeddedConnect.Answer(answer.statusCode(), answer.body());
        } catch (IOException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while a worker of Kafka Connect was asked", e);
        }
    }

    /** Asks until a worker answers that is not busy with a rebalance, starting, or unable to reach the one that leads. */
    static EmbeddedConnect.Answer request(
            Supplier<List<String>> urls, String method, String path, @Nullable String body) {
        AtomicReference<EmbeddedConnect.@Nullable Answer> last = new AtomicReference<>();
        boolean settled = Polling.until(PATIENCE, () -> {
            for (String url : urls.get()) {
                EmbeddedConnect.Answer answer = ask(url, method, path, body);
                if (answer != null) {
                    last.set(answer);
                    if (!mayChange(answer)) {
                        return true;
                    }
                }
            }
            return false;
        });
        EmbeddedConnect.Answer answer = last.get();
        if (answer == null || (!settled && answer.status() >= SERVER_ERROR)) {
            throw new IllegalStateException(method + " " + path + ": no worker of Kafka Connect answered within "
                    + PATIENCE.toSeconds() + " s" + (answer == null ? "" : ", but for: " + answer));
        }
        return answer;
    }

    /** A conflict that lasts is one of names, which says so; a worker that starts has no pages yet, not even of errors. */
    private static boolean mayChange(EmbeddedConnect.Answer answer) {
        return answer.status() >= SERVER_ERROR
                || (answer.status() == NOT_FOUND && answer.body().isEmpty())
                || (answer.status() == CONFLICT && !answer.body().contains("already exists"));
    }

    /** Waits until a worker has joined its group and read what the others have written. */
    static void awaitHealthy(String url, BooleanSupplier alive, Supplier<String> output) {
        boolean healthy = Polling.until(PATIENCE, () -> !alive.getAsBoolean() || isHealthy(url));
        if (!healthy || !alive.getAsBoolean()) {
            throw new IllegalStateException(
                    "The worker of Kafka Connect did not start. Its output ends:\n" + output.get());
        }
    }

    private static boolean isHealthy(String url) {
        EmbeddedConnect.Answer answer = ask(url, "GET", "/health", null);
        return answer != null && answer.status() == OK;
    }

    static String json(Map<String, String> config) {
        try {
            return JSON.writeValueAsString(config);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("Not to be written as JSON", e);
        }
    }

    static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("Not JSON", e);
        }
    }

    static ConnectStatus status(String json) {
        JsonNode all = parse(json);
        JsonNode connector = all.path("connector");
        List<ConnectStatus.Task> tasks = new ArrayList<>();
        for (JsonNode task : all.path("tasks")) {
            tasks.add(new ConnectStatus.Task(
                    task.path("id").asInt(), text(task, "state"), text(task, "worker_id"), text(task, "trace")));
        }
        return new ConnectStatus(
                text(connector, "state"), text(connector, "worker_id"), text(connector, "trace"), tasks);
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asText("");
    }
}
