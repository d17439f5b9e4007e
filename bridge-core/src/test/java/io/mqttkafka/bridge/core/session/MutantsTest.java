package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.mqttkafka.bridge.core.session.Violation.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        WAKES_NOBODY(WakesNobody::new),
        ACKNOWLEDGES_BEFORE_COMMIT(AcknowledgesBeforeCommit::new),
        COMPLETES_BEFORE_REMOVAL_IS_COMMITTED(CompletesBeforeRemoval::new),
        REMOVES_ID_AFTER_PUBCOMP(RemovesIdAfterPubcomp::new),
        COMMITS_NO_GENERATION(CommitsNoGeneration::new),
        RESTORES_NOTHING(RestoresNothing::new),
        RESTORES_WHAT_WAS_ABORTED(RestoresWhatWasAborted::new),
        ADDS_IDS_AFTER_RECORDS(AddsIdsAfterRecords::new),
        LOSES_REMOVALS_WITH_ABORT(LosesRemovalsWithAbort::new),
        FORGETS_REMOVALS_WITH_ABORT(ForgetsRemovalsWithAbort::new),
        CHOOSES_CLIENT_ID_AT_RANDOM(ChoosesClientIdAtRandom::new),
        IGNORES_FINGERPRINT(IgnoresFingerprint::new),
        GIVES_BACK_ONLY_WHAT_FAILED(GivesBackOnlyWhatFailed::new),
        KEEPS_LANES_OVER_A_BREAK(KeepsLanesOverABreak::new),
        READS_WITHOUT_END(ReadsWithoutEnd::new);

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

        AcknowledgesOnReceipt(Process process) {
            super(process);
            acknowledgeable = process.acknowledgeable();
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

    /** What a client does whose callback puts messages into a queue. */
    private static final class ReadsWithoutEnd extends Subject {
        ReadsWithoutEnd(Process process) {
            super(process);
        }

        @Override
        boolean hasRoom(int receiveMaximum) {
            return true;
        }
    }

    /** DUP says that the broker has sent it before, not that it has arrived. */
    private static final class DropsDuplicates extends Subject {
        DropsDuplicates(Process process) {
            super(process);
        }

        @Override
        Delivery published(int id, int qos, boolean duplicate, long fingerprint, int routes, long nowNanos) {
            return super.published(id, qos, duplicate, fingerprint, duplicate ? 0 : routes, nowNanos);
        }
    }

    private static final class IgnoresLostSession extends Subject {
        IgnoresLostSession(Process process) {
            super(process);
        }

        @Override
        void connected(boolean sessionPresent) {
            super.connected(true);
        }
    }

    private static final class ForgetsAtReconnect extends Subject {
        ForgetsAtReconnect(Process process) {
            super(process);
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

        KeepsIdsAfterPubcomp(Process process) {
            super(process);
            acknowledgeable = process.acknowledgeable();
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

        LosesReleaseWithConnection(Process process) {
            super(process);
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
        AcknowledgesOutOfOrder(Process process) {
            super(process);
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
        AcknowledgesTwice(Process process) {
            super(process);
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

        AcknowledgesOnNextConnection(Process process) {
            super(process);
        }

        @Override
        int acknowledge(SourceSession.Acknowledgements out, int most) {
            taken.replay(out);
            taken = new Recorded();
            return super.acknowledge(taken, most);
        }
    }

    private static final class SettlesWithFirstRoute extends Subject {
        SettlesWithFirstRoute(Process process) {
            super(process);
        }

        @Override
        void done(Delivery delivery, int route) {
            for (int any = 0; any < ModelKafka.MOST_ROUTES; any++) {
                super.done(delivery, any);
            }
        }
    }

    private static final class SendsAgainForSettledRoutes extends Subject {
        SendsAgainForSettledRoutes(Process process) {
            super(process);
        }

        @Override
        boolean isOpen(Delivery delivery, int route) {
            return true;
        }
    }

    /** "Log and go on". */
    private static final class SettlesWhatFailed extends Subject {
        SettlesWhatFailed(Process process) {
            super(process);
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
        KeepsConnectionAfterFailure(Process process) {
            super(process);
        }

        @Override
        boolean failed(Delivery delivery) {
            super.failed(delivery);
            return false;
        }
    }

    /** Goes on with what was sent behind a record whose outcome nobody knows. */
    private static final class GivesBackOnlyWhatFailed extends Subject {
        GivesBackOnlyWhatFailed(Process process) {
            super(process);
        }

        @Override
        boolean closesProducer() {
            return false;
        }
    }

    /** Goes on with what waits in lanes, of which the producer knows nothing. */
    private static final class KeepsLanesOverABreak extends Subject {
        KeepsLanesOverABreak(Process process) {
            super(process);
        }

        @Override
        void giveUpPlain() {
            // Only what was sent.
        }
    }

    private static final class WakesNobody extends Subject {
        WakesNobody(Process process) {
            super(process);
        }

        @Override
        void done(Delivery delivery, int route) {
            delivery.settle(route);
        }
    }

    private static final class AcknowledgesBeforeCommit extends Subject {
        AcknowledgesBeforeCommit(Process process) {
            super(process);
        }

        @Override
        Qos2Change change(List<Delivery> deliveries) {
            Qos2Change change = super.change(deliveries);
            session.committed(nothing(), deliveries);
            return change;
        }
    }

    /** Completes what is released at once, and removes it by the next transaction. */
    private static class CompletesBeforeRemoval extends Subject {
        private final Runnable acknowledgeable;
        private final Deque<Integer> released = new ArrayDeque<>();

        CompletesBeforeRemoval(Process process) {
            super(process);
            acknowledgeable = process.acknowledgeable();
        }

        @Override
        void released(int id) {
            released.add(id);
            remove(id);
            acknowledgeable.run();
        }

        void remove(int id) {
            super.released(id);
        }

        @Override
        int acknowledge(SourceSession.Acknowledgements out, int most) {
            int count = 0;
            for (; count < most && !released.isEmpty(); count++) {
                int id = released.remove();
                out.pubcomp(id, true);
                completed(id);
            }
            return count + super.acknowledge(new WithoutCompletions(out), most - count);
        }

        void completed(int id) {}

        @Override
        void disconnected() {
            released.clear();
            super.disconnected();
        }
    }

    private static final class RemovesIdAfterPubcomp extends CompletesBeforeRemoval {
        RemovesIdAfterPubcomp(Process process) {
            super(process);
        }

        @Override
        void remove(int id) {
            // Only when it is completed.
        }

        @Override
        void completed(int id) {
            super.remove(id);
        }
    }

    /** Knows of the new session itself, and does not tell Kafka. */
    private static final class CommitsNoGeneration extends Subject {
        CommitsNoGeneration(Process process) {
            super(process);
        }

        @Override
        boolean generationDue() {
            return false;
        }

        @Override
        Qos2Change change(List<Delivery> deliveries) {
            Qos2Change right = super.change(deliveries);
            return new Qos2Change(false, right.removed(), right.added(), right.released(), right.forgotten());
        }
    }

    private static final class RestoresNothing extends Subject {
        RestoresNothing(Process process) {
            super(process);
        }

        @Override
        void restore(ModelTransactions kafka) {
            super.restore(kafka);
            session.restore(new Qos2State());
        }
    }

    /** Forgets that a consumer reads uncommitted records unless it is told otherwise. */
    private static final class RestoresWhatWasAborted extends Subject {
        RestoresWhatWasAborted(Process process) {
            super(process);
        }

        @Override
        void restore(ModelTransactions kafka) {
            super.restore(kafka);
            session.restore(Qos2Journal.read(kafka.readUncommitted(clientId())));
        }
    }

    /** Writes the ids by the transaction after the one with the records. */
    private static final class AddsIdsAfterRecords extends Subject {
        private List<Delivery> written = List.of();
        private List<Delivery> writing = List.of();

        AddsIdsAfterRecords(Process process) {
            super(process);
        }

        @Override
        Qos2Change change(List<Delivery> deliveries) {
            writing = deliveries;
            return super.change(written);
        }

        @Override
        void committed(Qos2Change change, List<Delivery> deliveries) {
            super.committed(change, written);
            written = writing;
        }
    }

    /** Never writes again what an aborted transaction was to remove, and takes it for removed. */
    private static final class LosesRemovalsWithAbort extends Subject {
        private final Set<Integer> lost = new HashSet<>();

        LosesRemovalsWithAbort(Process process) {
            super(process);
        }

        @Override
        Qos2Change change(List<Delivery> deliveries) {
            Qos2Change right = super.change(deliveries);
            List<Integer> removed = new ArrayList<>(right.removed());
            removed.removeAll(lost);
            return new Qos2Change(right.newGeneration(), removed, right.added(), right.released(), right.forgotten());
        }

        @Override
        void aborted(Qos2Change change) {
            lost.addAll(change.removed());
        }
    }

    /** Takes what is to be removed out of its book when it writes it, and not when that is committed. */
    private static final class ForgetsRemovalsWithAbort extends Subject {
        private final Set<Delivery> lost = new HashSet<>();

        ForgetsRemovalsWithAbort(Process process) {
            super(process);
        }

        @Override
        Qos2Change change(List<Delivery> deliveries) {
            Qos2Change right = super.change(deliveries);
            List<Delivery> released = new ArrayList<>(right.released());
            released.removeAll(lost);
            List<Integer> removed = new ArrayList<>(right.removed());
            lost.forEach(delivery -> removed.remove((Integer) delivery.packetId));
            return new Qos2Change(right.newGeneration(), removed, right.added(), released, right.forgotten());
        }

        @Override
        void aborted(Qos2Change change) {
            lost.addAll(change.released());
        }
    }

    private static final class ChoosesClientIdAtRandom extends Subject {
        private final String clientId;

        ChoosesClientIdAtRandom(Process process) {
            super(process);
            clientId = "client-" + process.number();
        }

        @Override
        String clientId() {
            return clientId;
        }
    }

    /** Trusts the packet id alone. */
    private static final class IgnoresFingerprint extends Subject {
        IgnoresFingerprint(Process process) {
            super(process);
        }

        @Override
        Delivery published(int id, int qos, boolean duplicate, long fingerprint, int routes, long nowNanos) {
            return super.published(id, qos, duplicate, 0, routes, nowNanos);
        }

        @Override
        void restore(ModelTransactions kafka) {
            super.restore(kafka);
            Qos2State blind = new Qos2State();
            state().forEach((id, fingerprint) -> blind.put(id, 0));
            session.restore(blind);
        }
    }

    private static Qos2Change nothing() {
        return new Qos2Change(false, List.of(), List.of(), List.of(), List.of());
    }

    /** Lets no PUBCOMP through. */
    private record WithoutCompletions(SourceSession.Acknowledgements out) implements SourceSession.Acknowledgements {
        @Override
        public void puback(int packetId, Delivery delivery) {
            out.puback(packetId, delivery);
        }

        @Override
        public void pubrec(int packetId, Delivery delivery) {
            out.pubrec(packetId, delivery);
        }

        @Override
        public void pubcomp(int packetId, boolean known) {
            // It has left already.
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
