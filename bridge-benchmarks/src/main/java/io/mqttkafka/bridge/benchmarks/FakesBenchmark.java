package io.mqttkafka.bridge.benchmarks;

import io.mqttkafka.bridge.testkit.fake.kafka.FakeKafka;
import io.mqttkafka.bridge.testkit.fake.mqtt.FakeMqttBroker;
import io.mqttkafka.bridge.testkit.packet.ConnectPacket;
import io.mqttkafka.bridge.testkit.packet.MqttPackets;
import io.mqttkafka.bridge.testkit.packet.MqttProperties;
import java.io.IOException;
import java.net.Socket;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long does a test wait for its fakes?
 *
 * <pre>{@code
 * mvn -q -B -ntp -Pjmh -pl bridge-benchmarks -am compile -Djmh.args=FakesBenchmark
 * }</pre>
 *
 * <p>Each shot is one start; the first of the warm-up tells what the first test of a JVM waits. Ending them is not measured.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(3)
@Warmup(iterations = 20)
@Measurement(iterations = 50)
public class FakesBenchmark {
    private static final int CONNACK = 0x20;
    private static final byte[] CONNECT = MqttPackets.connect(new ConnectPacket(
                    "client", true, 0, Optional.empty(), Optional.empty(), Optional.empty(), MqttProperties.NONE))
            .bytes();

    /** What was started. */
    @State(Scope.Thread)
    public static class Started {
        private @Nullable AutoCloseable fake;

        /**
         * Ends it.
         *
         * @throws Exception if it does not end
         */
        @TearDown(Level.Iteration)
        public void close() throws Exception {
            if (fake != null) {
                fake.close();
            }
        }
    }

    /**
     * Starts the fake MQTT broker and waits for CONNACK.
     *
     * @param started what to end
     * @return the first byte of the answer
     * @throws IOException if it does not answer
     */
    @Benchmark
    public int mqttBrokerUpToConnack(Started started) throws IOException {
        FakeMqttBroker broker = FakeMqttBroker.start();
        started.fake = broker;
        try (Socket socket = new Socket(broker.host(), broker.port())) {
            socket.getOutputStream().write(CONNECT);
            int answer = socket.getInputStream().read();
            if (answer != CONNACK) {
                throw new IOException("Expected CONNACK, but got " + answer);
            }
            return answer;
        }
    }

    /**
     * Starts the fake Kafka and writes a record.
     *
     * @param started what to end
     * @return the Kafka
     */
    @Benchmark
    public FakeKafka kafkaUpToTheFirstRecord(Started started) {
        FakeKafka kafka = FakeKafka.start();
        started.fake = kafka;
        kafka.produce("telemetry", "1", "21.5");
        return kafka;
    }
}
