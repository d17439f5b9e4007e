package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.BridgeHealth;
import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.codecs.JsonCodec;
import io.mqttkafka.bridge.examples.SensorMessage.Kind;
import io.mqttkafka.bridge.standalone.ProgramVersion;
import io.mqttkafka.bridge.standalone.StopSignals;
import io.mqttkafka.bridge.standalone.TimeConverter;
import io.mqttkafka.bridge.testkit.broker.EmbeddedKafka;
import io.mqttkafka.bridge.testkit.broker.EmbeddedMqttBroker;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.logging.LogManager;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Shows the bridge at work without anything installed: a real MQTT broker and a real Kafka in this process, a plant full
 * of sensors, three routes between them, and a consumer that counts what arrives; and commands the other way, which the
 * devices count. Exits with 0 only if every count agrees.
 */
@Command(
        name = "quickstart",
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class,
        description = "Starts an MQTT broker, Kafka and a bridge, sends messages through in both directions, and checks"
                + " every count.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:Every count agrees.", "1:A count differs, or something did not work.", "2:Wrong usage."})
public final class Quickstart implements Callable<Integer> {
    static final String DEAD_LETTERS = "telemetry.dead";
    static final String ALARMS = "alarms";
    static final String VIBRATIONS = "vibration.raw";

    private static final int MESSAGES_PER_COMMAND = 5;
    private static final int FEWEST_MESSAGES = 25;
    private static final int MOST_MESSAGES = 1_000_000;
    private static final int MOST_DIFFERENCES = 20;
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration PROGRESS = Duration.ofSeconds(1);

    @Option(
            names = "--messages",
            paramLabel = "N",
            description = "How many the devices send; a fifth as many commands come back. Default: ${DEFAULT-VALUE}.")
    private int count = 5_000;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description = "How long the messages may take, brokers not counted. Default: 2m.")
    private Duration timeout = Duration.ofMinutes(2);

    @Option(names = "--keep-running", description = "Leave everything up at the end, until Ctrl-C.")
    private boolean keepRunning;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final CountDownLatch stop = new CountDownLatch(1);

    /**
     * Runs the quickstart.
     *
     * @param args the options
     */
    public static void main(String[] args) {
        // The MQTT client logs there; what matters of it the bridge says itself.
        LogManager.getLogManager().reset();
        Quickstart quickstart = new Quickstart();
        StopSignals.handle(quickstart.stop::countDown, 1);
        System.exit(quickstart.commandLine().execute(args));
    }

    /** Returns the parser of the options, which runs the quickstart and turns a failure into one line and an exit code. */
    CommandLine commandLine() {
        return new CommandLine(this).setExecutionExceptionHandler((e, commandLine, parsed) -> {
            say("quickstart: " + e);
            return 1;
        });
    }

    /** What a device sends as its temperature. */
    record Reading(int id, double celsius) {
        boolean plausible() {
            return celsius > -90;
        }
    }

    @Override
    public Integer call() throws Exception {
        if (count < FEWEST_MESSAGES || count > MOST_MESSAGES) {
            throw new ParameterException(
                    spec.commandLine(), "--messages: must be from " + FEWEST_MESSAGES + " to " + MOST_MESSAGES);
        }
        say("Starting Kafka and an MQTT broker in this process ...");
        try (EmbeddedKafka kafka = EmbeddedKafka.start();
                EmbeddedMqttBroker mqtt =
                        EmbeddedMqttBroker.builder().receiveMaximum(100).start()) {
            say("  Kafka  " + kafka.bootstrapServers());
            say("  MQTT   " + mqtt.serverUri());
            List<String> topics = createTopics(kafka);
            try (Bridge bridge = bridge(mqtt, kafka).start();
                    KafkaTally tally = KafkaTally.of(kafka.bootstrapServers(), topics);
                    SensorPublisher devices = SensorPublisher.connect(mqtt.serverUri());
                    CommandTally receivers = CommandTally.connect(mqtt.serverUri());
                    CommandSender application = CommandSender.connect(kafka.bootstrapServers())) {
                say("The bridge is running:");
                bridge.guarantees().forEach(route -> say("  %-10s %s", route.route(), route.guarantee()));

                List<SensorMessage> messages = SensorMessage.of(count);
                List<DeviceCommand> commands = DeviceCommand.of(count / MESSAGES_PER_COMMAND);
                application.send(commands);
                sendThrough(bridge, messages, devices, tally, commands.size(), receivers);
                BridgeHealth health = bridge.health();
                boolean agreed = report(
                        new QuickstartReport(messages, devices::published, health, tally),
                        new CommandReport(
                                commands,
                                application.sent(),
                                health.route(DeviceCommand.ROUTE).total(),
                                receivers));
                if (keepRunning && stop.getCount() > 0) {
                    invite(mqtt, kafka);
                    stop.await();
                }
                say("Stopping ...");
                return agreed ? 0 : 1;
            }
        } finally {
            say("Everything is stopped.");
        }
    }

    private static List<String> createTopics(EmbeddedKafka kafka) {
        List<String> topics = new ArrayList<>(List.of(ALARMS, VIBRATIONS, DEAD_LETTERS));
        SensorMessage.SITES.forEach(site -> topics.add("telemetry." + site));
        topics.forEach(topic -> kafka.createTopic(topic, 3));
        kafka.createTopic(DeviceCommand.KAFKA_TOPIC, 3);
        return topics;
    }

    private static Bridge bridge(EmbeddedMqttBroker mqtt, EmbeddedKafka kafka) {
        Route telemetry = Route.fromMqtt(Kind.TELEMETRY.filter())
                .qos(QoS.AT_LEAST_ONCE)
                .decode(JsonCodec.of(Reading.class))
                .filter(Reading::plausible)
                .toKafka("telemetry.{site}")
                .key("{device}")
                .onFailure(f -> f.deadLetter(DEAD_LETTERS))
                .name(Kind.TELEMETRY.routeName())
                .build();
        Route alarms = Route.fromMqtt(Kind.ALARM.filter())
                .qos(QoS.EXACTLY_ONCE)
                .toKafka(ALARMS)
                .key("{site}/{device}")
                .metadataHeaders()
                .name(Kind.ALARM.routeName())
                .build();
        Route vibration = Route.fromMqtt(Kind.VIBRATION.filter())
                .qos(QoS.AT_MOST_ONCE)
                .toKafka(VIBRATIONS)
                .name(Kind.VIBRATION.routeName())
                .build();
        Route commands = Route.fromKafka(DeviceCommand.KAFKA_TOPIC)
                .group("quickstart-commands")
                .toMqtt(DeviceCommand.MQTT_TEMPLATE)
                .qos(QoS.AT_LEAST_ONCE)
                .name(DeviceCommand.ROUTE)
                .build();

        return Bridge.builder()
                .mqtt(m -> m.serverUri(mqtt.serverUri()).clientId("quickstart"))
                .kafka(k -> k.bootstrapServers(kafka.bootstrapServers()))
                .route(telemetry)
                .route(alarms)
                .route(vibration)
                .route(commands)
                .build();
    }

    /** Publishes everything, and reads Kafka until all is there, or time is over, or somebody pressed Ctrl-C. */
    private void sendThrough(
            Bridge bridge,
            List<SensorMessage> messages,
            SensorPublisher devices,
            KafkaTally tally,
            int commands,
            CommandTally receivers) {
        say("Publishing %d messages at QoS 0, 1 and 2, and sending %d commands ...", messages.size(), commands);
        long start = System.nanoTime();
        Duration nextProgress = PROGRESS;
        CompletableFuture<Void> publishing = devices.publish(messages);
        boolean done = false;
        while (!done && stop.getCount() > 0) {
            tally.poll(POLL);
            if (publishing.isCompletedExceptionally()) {
                publishing.join();
            }
            BridgeHealth health = bridge.health();
            done = publishing.isDone()
                    && settled(health, messages)
                    && tally.atEnd()
                    && health.route(DeviceCommand.ROUTE).total().acknowledged() >= commands
                    && receivers.size() >= commands;
            Duration passed = Duration.ofNanos(System.nanoTime() - start);
            if (done || passed.compareTo(nextProgress) >= 0) {
                say(
                        "  %d s: %d published, %d read from Kafka, %d commands received",
                        passed.toSeconds(), devices.published(), tally.size(), receivers.size());
                nextProgress = passed.plus(PROGRESS);
            }
            if (!done && passed.compareTo(timeout) > 0) {
                say("  Time is over; --timeout waits longer.");
                return;
            }
        }
    }

    /** Tells whether the bridge has received every message and is done with it. */
    private static boolean settled(BridgeHealth health, List<SensorMessage> messages) {
        for (Kind kind : Kind.values()) {
            RouteCounts counts = health.route(kind.routeName()).total();
            long sent = messages.stream().filter(m -> m.kind() == kind).count();
            long ended = counts.delivered() + counts.deadLettered() + counts.filtered() + counts.shed();
            if (ended < sent || (kind.qos() != QoS.AT_MOST_ONCE && counts.acknowledged() < sent)) {
                return false;
            }
        }
        return true;
    }

    private boolean report(QuickstartReport report, CommandReport commands) {
        say("");
        report.table().forEach(line -> say(line));
        say("");
        commands.table().forEach(line -> say(line));
        say("");
        say(
                "The senders say what they sent, the bridge what became of it, and the receivers what has arrived: a consumer"
                        + " of committed records, and the devices.");
        List<String> differences = new ArrayList<>(report.differences());
        differences.addAll(commands.differences());
        boolean agreed = differences.isEmpty();
        if (agreed) {
            say("Every count agrees.");
        } else {
            say("These counts differ:");
            differences.stream().limit(MOST_DIFFERENCES).forEach(difference -> say("  " + difference));
        }
        return agreed;
    }

    private void invite(EmbeddedMqttBroker mqtt, EmbeddedKafka kafka) {
        say("");
        say("All is still running. Watch Kafka, and publish from another terminal:");
        say("  kcat -b %s -C -o end -t telemetry.oslo -f '%%t %%k %%h %%s\\n'", kafka.bootstrapServers());
        say(
                "  mosquitto_pub -V 5 -h %s -p %d -q 1 -t plant/oslo/device-1/temperature"
                        + " -m '{\"id\":1,\"celsius\":20.5}' -D publish user-property room kitchen",
                mqtt.host(), mqtt.port());
        say("Or the other way:");
        say("  mosquitto_sub -V 5 -h %s -p %d -q 1 -v -t '%s'", mqtt.host(), mqtt.port(), DeviceCommand.MQTT_FILTER);
        say(
                "  echo 'device-1:{\"id\":0,\"valve\":\"shut\"}' | kcat -b %s -P -t %s -K :",
                kafka.bootstrapServers(), DeviceCommand.KAFKA_TOPIC);
        say("Ctrl-C stops everything.");
    }

    private void say(String format, Object... args) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(args.length == 0 ? format : format.formatted(args));
        out.flush();
    }
}
