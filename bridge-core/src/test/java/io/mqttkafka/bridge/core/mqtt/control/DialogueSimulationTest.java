package io.mqttkafka.bridge.core.mqtt.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.core.mqtt.control.DialogueSimulation.Broken;
import io.mqttkafka.bridge.core.mqtt.control.DialogueSimulation.Figures;
import io.mqttkafka.bridge.core.mqtt.control.Look.Action;
import io.mqttkafka.bridge.core.mqtt.wire.ConnAck;
import io.mqttkafka.bridge.core.mqtt.wire.MalformedPacketException;
import io.mqttkafka.bridge.core.mqtt.wire.PacketType;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import io.mqttkafka.bridge.core.mqtt.wire.RequestAnswer;
import java.time.Duration;
import java.util.Collections;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs the dialogue through random schedules, and shows that they find mistakes.
 *
 * <p>{@code -Dbridge.simulation.dialogues=5000000} runs that many. Half of the schedules are the same in every build.
 */
class DialogueSimulationTest {
    private static final long SCHEDULES = Long.getLong("bridge.simulation.dialogues", 200_000);
    private static final long FOR_MUTANTS = 20_000;

    @Test
    void promises_hold_in_any_schedule() {
        long nanos = System.nanoTime();
        long fresh = nanos << 20;
        Figures figures =
                run(LongStream.range(0, SCHEDULES / 2)).plus(run(LongStream.range(fresh, fresh + SCHEDULES / 2)));
        System.out.printf(
                Locale.ROOT,
                "%,d schedules in %,d ms, %s%n",
                SCHEDULES,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos),
                figures);

        // What has not happened has not been tested.
        assertThat(figures.connected).isGreaterThan(SCHEDULES / 2);
        assertThat(figures.pings).isGreaterThan(SCHEDULES);
        assertThat(figures.warnings).isGreaterThan(SCHEDULES / 50);
        assertThat(figures.givenUp).isGreaterThan(SCHEDULES / 4);
        assertThat(figures.refused).isGreaterThan(SCHEDULES / 20);
        assertThat(figures.answered).isGreaterThan(SCHEDULES / 10);
    }

    private static Figures run(LongStream seeds) {
        return seeds.parallel()
                .mapToObj(DialogueSimulationTest::run)
                .collect(Figures::new, Figures::plus, Figures::plus);
    }

    private static Figures run(long seed) {
        try {
            return DialogueSimulation.run(seed, Party::new);
        } catch (Broken e) {
            throw new AssertionError("schedule " + seed + ": " + e.getMessage(), e);
        }
    }

    /** A mistake. */
    enum Mistake {
        ANY_BYTES_PROLONG((version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
            @Override
            Look look(long at, long lastSent, long lastReceived, long lastData) {
                return super.look(at, lastSent, lastReceived, lastReceived);
            }
        }),
        NOTHING_PROLONGS((version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
            @Override
            Look look(long at, long lastSent, long lastReceived, long lastData) {
                return super.look(at, lastSent, lastReceived, 0);
            }
        }),
        PROLONGS_WITHOUT_A_WORD(
                (version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
                    @Override
                    Look look(long at, long lastSent, long lastReceived, long lastData) {
                        Look look = super.look(at, lastSent, lastReceived, lastData);
                        return look.action() == Action.WARN ? super.look(at, lastSent, lastReceived, lastData) : look;
                    }
                }),
        WAKES_LATE((version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
            @Override
            Look look(long at, long lastSent, long lastReceived, long lastData) {
                Look look = super.look(at, lastSent, lastReceived, lastData);
                return new Look(look.action(), look.packet(), look.nextNanos() + timeout.toNanos());
            }
        }),
        WAKES_AT_ONCE((version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
            @Override
            Look look(long at, long lastSent, long lastReceived, long lastData) {
                Look look = super.look(at, lastSent, lastReceived, lastData);
                return new Look(look.action(), look.packet(), at);
            }
        }),
        PINGS_NEVER((version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
            @Override
            Look look(long at, long lastSent, long lastReceived, long lastData) {
                return super.look(at, at, at, lastData);
            }
        }),
        PINGS_THOUGH_IT_TALKS((version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
            @Override
            Look look(long at, long lastSent, long lastReceived, long lastData) {
                return super.look(at, 0, 0, lastData);
            }
        }),
        TAKES_ANY_PACKET((version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
            @Override
            void arriving(int firstByte, int remainingLength) {
                // Its reader will see.
            }
        }),
        TAKES_ANY_FLAGS((version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
            @Override
            void arriving(int firstByte, int remainingLength) throws MalformedPacketException {
                int type = PacketType.of(firstByte);
                super.arriving(type << 4 | (type == PacketType.PUBREL ? 2 : 0), remainingLength);
            }
        }),
        TAKES_ANY_LENGTH((version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
            @Override
            void arriving(int firstByte, int remainingLength) throws MalformedPacketException {
                super.arriving(firstByte, PacketType.of(firstByte) == PacketType.PINGRESP ? 0 : 100);
            }
        }),
        CALLS_EVERYTHING_MALFORMED(
                (version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
                    @Override
                    void arriving(int firstByte, int remainingLength) throws MalformedPacketException {
                        try {
                            super.arriving(firstByte, remainingLength);
                        } catch (MalformedPacketException e) {
                            throw new MalformedPacketException(String.valueOf(e.getMessage()));
                        }
                    }
                }),
        TAKES_ANOTHERS_ANSWER((version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
            private int id;
            private int filters;

            @Override
            int subscribing(int count, Duration patience, long at) {
                filters = count;
                id = super.subscribing(count, patience, at);
                return id;
            }

            @Override
            void answered(RequestAnswer answer) throws MalformedPacketException {
                super.answered(new RequestAnswer(answer.type(), id, Collections.nCopies(filters, 0)));
            }
        }),
        TAKES_MQTT_5_FOR_3_1_1(
                (version, clean, timeout, alive, now) -> new Party(ProtocolVersion.V5, clean, timeout, alive, now)),
        TAKES_MQTT_3_1_1_FOR_5(
                (version, clean, timeout, alive, now) -> new Party(ProtocolVersion.V3_1_1, clean, timeout, alive, now)),
        RESUMES_WHAT_WAS_THROWN_AWAY(
                (version, clean, timeout, alive, now) -> new Party(version, false, timeout, alive, now)),
        NEVER_HEARS_CONNACK((version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
            @Override
            void connAck(ConnAck answer, long at) {
                // Lost.
            }
        }),
        FORGETS_THAT_PINGS_ARE_ANSWERED(
                (version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
                    @Override
                    void pingAnswered(long at) {
                        // Lost.
                    }
                }),
        ANY_ANSWER_ENDS_A_PING((version, clean, timeout, alive, now) -> new Party(version, clean, timeout, alive, now) {
            @Override
            void answered(RequestAnswer answer) throws MalformedPacketException {
                super.answered(answer);
                try {
                    super.pingAnswered(0);
                } catch (MalformedPacketException e) {
                    // There was none.
                    return;
                }
            }
        });

        private final Party.Factory factory;

        Mistake(Party.Factory factory) {
            this.factory = factory;
        }
    }

    @ParameterizedTest
    @EnumSource
    void mutant_any_isFound(Mistake mistake) {
        for (long seed = 0; seed < FOR_MUTANTS; seed++) {
            try {
                DialogueSimulation.run(seed, mistake.factory);
            } catch (Broken | IllegalStateException e) {
                System.out.printf("%-35s found after %,6d schedules: %s%n", mistake, seed + 1, e.getMessage());
                return;
            }
        }
        throw new AssertionError(mistake + " is not found in " + FOR_MUTANTS + " schedules");
    }

    /** Every first byte, many lengths, in every state. */
    @ParameterizedTest
    @EnumSource
    void arriving_everyTypeFlagAndLength_isTakenOrRefusedAsTheStandardSays(ProtocolVersion version)
            throws MalformedPacketException {
        int[] lengths = {0, 1, 2, 3, 4, 5, 6, 127, 128, 16_384, 268_435_455};
        for (int state = 0; state < 5; state++) {
            for (int firstByte = 0; firstByte < 256; firstByte++) {
                for (int length : lengths) {
                    Dialogue dialogue = in(version, state);
                    int awaited = state == 2 ? PacketType.SUBACK : state == 3 ? PacketType.UNSUBACK : 0;
                    int expected = Expected.code(version, firstByte, length, state > 0, awaited, state == 4);
                    assertThat(code(dialogue, firstByte, length))
                            .as("state %d, first byte 0x%x, length %d", state, firstByte, length)
                            .isEqualTo(expected);
                }
            }
        }
    }

    private static Dialogue in(ProtocolVersion version, int state) throws MalformedPacketException {
        Duration second = Duration.ofSeconds(1);
        Dialogue dialogue = new Dialogue(version, false, second, second, 0);
        if (state > 0) {
            dialogue.connAck(DialogueSimulation.connAck(false), 0);
        }
        switch (state) {
            case 2 -> dialogue.subscribing(1, second, 0);
            case 3 -> dialogue.unsubscribing(1, second, 0);
            case 4 ->
                assertThat(dialogue.look(second.toNanos(), 0, 0, 0).action()).isEqualTo(Action.PING);
            default -> {
                // Nothing is asked for.
            }
        }
        return dialogue;
    }

    private static int code(Dialogue dialogue, int firstByte, int length) {
        try {
            dialogue.arriving(firstByte, length);
            return 0;
        } catch (MalformedPacketException e) {
            return e.reasonCode();
        }
    }

    @Test
    void arriving_afterTheEnd_isRefused() throws MalformedPacketException {
        Dialogue dialogue = in(ProtocolVersion.V5, 2);
        dialogue.over();
        for (int firstByte = 0; firstByte < 256; firstByte++) {
            assertThat(code(dialogue, firstByte, 4)).isNotZero();
        }
        assertThat(dialogue.look(Long.MAX_VALUE / 4, 0, 0, 0).action()).isEqualTo(Action.NONE);
    }
}
