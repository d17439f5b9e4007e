package io.mqttkafka.bridge.benchmarks;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What to run, as said on the command line. Immutable. */
final class BenchmarkOptions {
    static final String USAGE = """
            Options, with their defaults:
              --direction to-kafka       or to-mqtt: the backlog lies in Kafka, and a subscriber counts
              --messages 1000000         messages in a backlog; fewer where they would exceed 1 GB of payload
              --topics 100               MQTT topics they are spread over
              --payload 100              bytes per payload; several with commas
              --qos 1                    0, 1 or 2; several with commas
              --all                      QoS 1, 0 and 2, each with 100 B, 1 kB and 10 kB
              --peers floor,ours,paho    who drains the backlog; "before" is ours in another build
              --before                   the class path of that build, its benchmark classes included
              --rounds 1                 how often all of them take a turn; the tables show medians
              --receive-maximum 4096     unacknowledged messages the broker is allowed; mosquitto 2.0.11 sends more;
                                         to-mqtt: the window of the peers
              --heap 256m                maximum heap of each peer
              --drain-seconds 300        time limit for one peer and one backlog
              --enforce                  exit code 1 also if a bar is missed
            """;

    private static final Map<String, String> DEFAULTS = Map.ofEntries(
            Map.entry("--direction", "to-kafka"),
            Map.entry("--messages", "1000000"),
            Map.entry("--topics", "100"),
            Map.entry("--payload", "100"),
            Map.entry("--qos", "1"),
            Map.entry("--peers", "floor,ours,paho"),
            Map.entry("--rounds", "1"),
            Map.entry("--receive-maximum", "4096"),
            Map.entry("--heap", "256m"),
            Map.entry("--drain-seconds", "300"),
            Map.entry("--before", ""));
    private static final Set<String> FLAGS = Set.of("--all", "--enforce");
    private static final int MAX_BACKLOG_BYTES = 1_000_000_000;

    private final Map<String, String> values = new HashMap<>(DEFAULTS);
    private final Set<String> flags = new TreeSet<>();

    private BenchmarkOptions(Iterator<String> arguments) {
        while (arguments.hasNext()) {
            String name = arguments.next();
            if (FLAGS.contains(name)) {
                flags.add(name);
            } else if (DEFAULTS.containsKey(name) && arguments.hasNext()) {
                values.put(name, arguments.next());
            } else {
                throw new IllegalArgumentException("Unknown option or missing value: " + name);
            }
        }
    }

    /** @throws IllegalArgumentException if an option is unknown or has no value */
    static BenchmarkOptions parse(String... arguments) {
        return new BenchmarkOptions(Arrays.asList(arguments).iterator());
    }

    /** @throws IllegalArgumentException if it is no direction */
    Direction direction() {
        return Direction.named(value("--direction"));
    }

    /** The backlogs to drain, the judged one first. */
    List<Workload> workloads() {
        List<Integer> qualities = flags.contains("--all") ? List.of(1, 0, 2) : numbers("--qos");
        List<Integer> payloads = flags.contains("--all") ? List.of(100, 1_000, 10_000) : numbers("--payload");
        return qualities.stream()
                .flatMap(qos -> payloads.stream().map(payload -> workload(qos, payload)))
                .toList();
    }

    List<Peer> peers() {
        return Arrays.stream(value("--peers").split(",", -1)).map(Peer::named).toList();
    }

    /** @throws IllegalArgumentException if it is another build and nobody said where that is */
    String classPath(Peer peer) {
        if (peer != Peer.BEFORE) {
            return System.getProperty("java.class.path");
        }
        if (value("--before").isEmpty()) {
            throw new IllegalArgumentException("--peers has 'before': say the class path of that build with --before");
        }
        return value("--before");
    }

    int rounds() {
        return number("--rounds");
    }

    int receiveMaximum() {
        return number("--receive-maximum");
    }

    String heap() {
        return value("--heap");
    }

    Duration drainLimit() {
        return Duration.ofSeconds(number("--drain-seconds"));
    }

    boolean enforcesBars() {
        return flags.contains("--enforce");
    }

    private Workload workload(int qos, int payload) {
        int topics = number("--topics");
        int messages = Math.min(number("--messages"), MAX_BACKLOG_BYTES / payload);
        return new Workload(qos, payload, messages / topics * topics, topics);
    }

    private int number(String name) {
        return Integer.parseInt(value(name));
    }

    private List<Integer> numbers(String name) {
        return Arrays.stream(value(name).split(",", -1)).map(Integer::valueOf).toList();
    }

    private String value(String name) {
        return values.getOrDefault(name, "");
    }
}
