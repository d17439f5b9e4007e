package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.core.session.Violation.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Shows that {@link SourceSimulation} can fail: sessions with one mistake each, all of them made by real bridges, have to
 * break a promise within a fraction of the schedules that the right one goes through.
 */
class MutantsTest {
    private static final long SCHEDULES = 60_000;

    /** A mistake. */
    enum Mistake {
        ACKNOWLEDGES_ON_RECEIPT(AcknowledgesOnReceipt::new),
        DROPS_WHAT_IS_MARKED_DUPLICATE(DropsDuplicates::new),
        IGNORES_LOST_SESSION(IgnoresLostSession::new),
        FORGETS_EVERYTHING_AT_RECONNECT(ForgetsAtReconnect::new),
        KEEPS_IDS_AFTER_PUBCOMP(KeepsIdsAfterPubcomp::new),
        LOSES_RELEASE_WITH_CONNECTION(LosesReleaseWithConnection::new),
        ACKNOWLEDGES_OUT_OF_ORDER(AcknowledgesOutOfOrder::new),
        ACKNOWLEDGES_TWICE(AcknowledgesTwice::new),
        ACKNOWLEDGES_ON_THE_NEXT_CONNECTION(AcknowledgesOnNextConnection::new),
        SETTLES_WITH_FIRST_ROUTE(SettlesWithFirstRoute::new),
        SENDS_AGAIN_FOR_SETTLED_ROUTES(SendsAgainForSettledRoutes::new),
        SETTLES_WHAT_FAILED(SettlesWhatFailed::new),
        KEEPS_CONNECTION_AFTER_FAILURE(KeepsConnectionAfterFailure::new),
        WAKES_NOBODY(WakesNobody::new);

        private final Subject.Factory factory;

        Mistake(Subject.Factory factory) {
            this.factory = factory;
        }
    }

    @ParameterizedTest
    @EnumSource
    void mutant_any_is_found(Mistake mistake) {
        Map<Promise, Integer> broken = new EnumMap<>(Promise.class);
        long first = -1;
        for (long seed = 0; seed < SCHEDULES && (first < 0 || seed < first + 200); seed++) {
            Violation violation = SourceSimulation.violation(Schedule.of(seed), mistake.factory);
            if (violation != null) {
                first = first < 0 ? seed : first;
                broken.merge(violation.promise(), 1, Integer::sum);
            }
        }
        System.out.printf("%-45s found after %,6d schedules, breaks %s%n", mistake, first + 1, broken);
        assertThat(broken)
                .as("promises that %s breaks in %,d schedules", mistake, SCHEDULES)
                .isNotEmpty();
    }

    /** What a client does that acknowledges when its callback returns. */
    private static final class AcknowledgesOnReceipt extends Subject {
        private final Runnable acknowledgeable;
        private long open;

        AcknowledgesOnReceipt(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
            this.acknowledgeable = acknowledgeable;
        }

        @Override
        Delivery published(int id, int qos, boolean duplicate, long fingerprint, int routes, long nowNanos) {
            Delivery delivery = super.published(id, qos, duplicate, fingerprint, routes, nowNanos);
            if (delivery != null) {
                open = delivery.open();
                for (int route = 0; route < routes; route++) {
                    delivery.settle(route);
                }
                acknowledgeable.run();
            }
            return delivery;
        }

        @Override
        boolean isOpen(Delivery delivery, int route) {
            return (open & (1L << route)) != 0;
        }
    }

    /** DUP says that the broker has sent it before, not that it has arrived. */
    private static final class DropsDuplicates extends Subject {
        DropsDuplicates(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
        }

        @Override
        Delivery published(int id, int qos, boolean duplicate, long fingerprint, int routes, long nowNanos) {
            return super.published(id, qos, duplicate, fingerprint, duplicate ? 0 : routes, nowNanos);
        }
    }

    private static final class IgnoresLostSession extends Subject {
        IgnoresLostSession(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
        }

        @Override
        void connected(boolean sessionPresent) {
            super.connected(true);
        }
    }

    private static final class ForgetsAtReconnect extends Subject {
        ForgetsAtReconnect(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
        }

        @Override
        void connected(boolean sessionPresent) {
            super.connected(false);
        }
    }

    /** Completes what is released, but does not forget it. */
    private static class KeepsIdsAfterPubcomp extends Subject {
        private final Runnable acknowledgeable;
        final Deque<Integer> toComplete = new ArrayDeque<>();

        KeepsIdsAfterPubcomp(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
            this.acknowledgeable = acknowledgeable;
        }

        @Override
        void released(int id) {
            toComplete.add(id);
            acknowledgeable.run();
        }

        @Override
        int acknowledge(SourceSession.Acknowledgements out, int most) {
            int completed = 0;
            for (; completed < most && !toComplete.isEmpty(); completed++) {
                complete(toComplete.remove(), out);
            }
            return completed + super.acknowledge(out, most - completed);
        }

        void complete(int id, SourceSession.Acknowledgements out) {
            out.pubcomp(id, true);
        }

        @Override
        void disconnected() {
            toComplete.clear();
            super.disconnected();
        }
    }

    /** Forgets what is released after its PUBCOMP has left, instead of before, and not if the connection has gone. */
    private static final class LosesReleaseWithConnection extends KeepsIdsAfterPubcomp {
        private final Deque<Integer> completed = new ArrayDeque<>();

        LosesReleaseWithConnection(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
        }

        @Override
        int acknowledge(SourceSession.Acknowledgements out, int most) {
            while (!completed.isEmpty()) {
                session.released(completed.remove());
                session.acknowledge(new Recorded(), 1);
            }
            return super.acknowledge(out, most);
        }

        @Override
        void complete(int id, SourceSession.Acknowledgements out) {
            super.complete(id, out);
            completed.add(id);
        }

        @Override
        void disconnected() {
            completed.clear();
            super.disconnected();
        }
    }

    private static final class AcknowledgesOutOfOrder extends Subject {
        AcknowledgesOutOfOrder(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
        }

        @Override
        int acknowledge(SourceSession.Acknowledgements out, int most) {
            Recorded recorded = new Recorded();
            int count = super.acknowledge(recorded, most);
            Collections.reverse(recorded.acknowledgements);
            recorded.replay(out);
            return count;
        }
    }

    private static final class AcknowledgesTwice extends Subject {
        AcknowledgesTwice(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
        }

        @Override
        int acknowledge(SourceSession.Acknowledgements out, int most) {
            Recorded recorded = new Recorded();
            int count = super.acknowledge(recorded, most);
            recorded.replay(out);
            recorded.replay(out);
            return count;
        }
    }

    /** Takes acknowledgements, and by the time it writes them there is another connection. */
    private static final class AcknowledgesOnNextConnection extends Subject {
        private Recorded taken = new Recorded();

        AcknowledgesOnNextConnection(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
        }

        @Override
        int acknowledge(SourceSession.Acknowledgements out, int most) {
            taken.replay(out);
            taken = new Recorded();
            return super.acknowledge(taken, most);
        }
    }

    private static final class SettlesWithFirstRoute extends Subject {
        SettlesWithFirstRoute(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
        }

        @Override
        void done(Delivery delivery, int route) {
            for (int any = 0; any < ModelKafka.MOST_ROUTES; any++) {
                super.done(delivery, any);
            }
        }
    }

    private static final class SendsAgainForSettledRoutes extends Subject {
        SendsAgainForSettledRoutes(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
        }

        @Override
        boolean isOpen(Delivery delivery, int route) {
            return true;
        }
    }

    /** "Log and go on". */
    private static final class SettlesWhatFailed extends Subject {
        SettlesWhatFailed(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
        }

        @Override
        boolean failed(Delivery delivery) {
            for (int route = 0; route < ModelKafka.MOST_ROUTES; route++) {
                done(delivery, route);
            }
            return false;
        }
    }

    /** Leaves the failed message and all behind it unacknowledged, until the receive window is full. */
    private static final class KeepsConnectionAfterFailure extends Subject {
        KeepsConnectionAfterFailure(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
        }

        @Override
        boolean failed(Delivery delivery) {
            super.failed(delivery);
            return false;
        }
    }

    private static final class WakesNobody extends Subject {
        WakesNobody(int receiveMaximum, Runnable acknowledgeable) {
            super(receiveMaximum, acknowledgeable);
        }

        @Override
        void done(Delivery delivery, int route) {
            delivery.settle(route);
        }
    }

    /** Acknowledgements put aside. */
    private static final class Recorded implements SourceSession.Acknowledgements {
        private interface Acknowledgement {
            void leave(SourceSession.Acknowledgements out);
        }

        final List<Acknowledgement> acknowledgements = new ArrayList<>();

        @Override
        public void puback(int packetId, Delivery delivery) {
            acknowledgements.add(out -> out.puback(packetId, delivery));
        }

        @Override
        public void pubrec(int packetId, Delivery delivery) {
            acknowledgements.add(out -> out.pubrec(packetId, delivery));
        }

        @Override
        public void pubcomp(int packetId, boolean known) {
            acknowledgements.add(out -> out.pubcomp(packetId, known));
        }

        void replay(SourceSession.Acknowledgements out) {
            acknowledgements.forEach(one -> one.leave(out));
        }
    }
}
