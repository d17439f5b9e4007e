package io.mqttkafka.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.mqttkafka.bridge.BridgeHealth.ConnectionHealth;
import io.mqttkafka.bridge.BridgeHealth.KafkaHealth;
import io.mqttkafka.bridge.BridgeHealth.RouteCounts;
import io.mqttkafka.bridge.BridgeHealth.RouteHealth;
import io.mqttkafka.bridge.message.MqttMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The small values: QoS, partitioners, guarantees, health. */
class ValuesTest {
    private static final MqttMessage MESSAGE = MqttMessage.of("a/b", new byte[0]);
    private static final KafkaHealth KAFKA = new KafkaHealth(true, Instant.EPOCH, null, Duration.ZERO, null);
    private static final RouteCounts ONE = new RouteCounts(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    private static final RouteCounts TEN = new RouteCounts(10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110);
    private static final RouteCounts HUNDRED = new RouteCounts(100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100);

    @ParameterizedTest
    @EnumSource(QoS.class)
    void qosOf_levelOfQos_isTheSame(QoS qos) {
        assertThat(QoS.of(qos.level())).isSameAs(qos);
    }

    @Test
    void qosOf_levelsOnTheWire_areNamed() {
        assertThat(List.of(QoS.of(0), QoS.of(1), QoS.of(2)))
                .containsExactly(QoS.AT_MOST_ONCE, QoS.AT_LEAST_ONCE, QoS.EXACTLY_ONCE);
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 3, 128, Integer.MAX_VALUE})
    void qosOf_otherNumber_isRefused(int level) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> QoS.of(level))
                .withMessage("qos: " + level + " is not a QoS; use 0, 1 or 2");
    }

    @Test
    void single_anyRecord_isThePartition() {
        assertThat(Partitioner.single(0).partition(new Partitioner.Request("t", 4, null, MESSAGE)))
                .isZero();
        assertThat(Partitioner.single(3).partition(new Partitioner.Request("t", 4, new byte[1], MESSAGE)))
                .isEqualTo(3);
        assertThat(Partitioner.single(3)).isEqualTo(Partitioner.single(3));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE})
    void single_negative_isRefused(int partition) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Partitioner.single(partition))
                .withMessage("partitioner: " + partition + " is not a partition; use 0 or more");
    }

    @Test
    void byKey_always_isOneValueThatKafkaApplies() {
        assertThat(Partitioner.byKey()).isSameAs(Partitioner.byKey()).hasToString("Partitioner.byKey()");
        assertThatIllegalStateException()
                .isThrownBy(() -> Partitioner.byKey().partition(new Partitioner.Request("t", 1, null, MESSAGE)));
    }

    @Test
    void request_illegalParts_areRefused() {
        assertThatNullPointerException().isThrownBy(() -> new Partitioner.Request(null, 1, null, MESSAGE));
        assertThatNullPointerException().isThrownBy(() -> new Partitioner.Request("t", 1, null, null));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Partitioner.Request("t", 0, null, MESSAGE))
                .withMessage("partitionCount: 0 must be 1 or more");
    }

    @Test
    void routeGuarantee_null_isRefused() {
        assertThatNullPointerException().isThrownBy(() -> new RouteGuarantee(null, Guarantee.AT_LEAST_ONCE, "x"));
        assertThatNullPointerException().isThrownBy(() -> new RouteGuarantee("r", null, "x"));
        assertThatNullPointerException().isThrownBy(() -> new RouteGuarantee("r", Guarantee.AT_LEAST_ONCE, null));
    }

    @Test
    void counts_ofEveryQos_areFoundAndSummed() {
        var route = new RouteHealth("r", true, ONE, TEN, HUNDRED, null);
        assertThat(route.counts(QoS.AT_MOST_ONCE)).isSameAs(ONE);
        assertThat(route.counts(QoS.AT_LEAST_ONCE)).isSameAs(TEN);
        assertThat(route.counts(QoS.EXACTLY_ONCE)).isSameAs(HUNDRED);
        assertThat(route.total()).isEqualTo(new RouteCounts(111, 222, 333, 444, 555, 666, 777, 888, 999, 1110, 1221));
    }

    @Test
    void health_route_isFoundByName() {
        var a = new RouteHealth("a", true, ONE, ONE, ONE, null);
        var b = new RouteHealth("b", true, ONE, ONE, ONE, null);
        var health = new BridgeHealth(BridgeState.RUNNING, List.of(), KAFKA, List.of(), List.of(a, b));
        assertThat(health.route("b")).isSameAs(b);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> health.route("c"))
                .withMessage("route: the bridge has no route named 'c'");
    }

    @ParameterizedTest
    @EnumSource(BridgeState.class)
    void healthy_anyState_isTrueForRunningAlone(BridgeState state) {
        assertThat(new BridgeHealth(state, List.of(), KAFKA, List.of(), List.of()).healthy())
                .isEqualTo(state == BridgeState.RUNNING);
    }

    @Test
    void health_listsChangedLater_haveNoEffect() {
        List<ConnectionHealth> connections = new ArrayList<>();
        List<RouteHealth> routes = new ArrayList<>();
        List<Degradation> degradations = new ArrayList<>();
        var health = new BridgeHealth(BridgeState.NEW, degradations, KAFKA, connections, routes);
        degradations.add(null);
        connections.add(null);
        routes.add(null);
        assertThat(health.degradations()).isEmpty();
        assertThat(health.connections()).isEmpty();
        assertThat(health.routes()).isEmpty();
        assertThatNullPointerException()
                .isThrownBy(() -> new BridgeHealth(null, List.of(), KAFKA, List.of(), List.of()));
        assertThatNullPointerException()
                .isThrownBy(() -> new BridgeHealth(BridgeState.NEW, List.of(), null, List.of(), List.of()));
        assertThatNullPointerException()
                .isThrownBy(() -> new BridgeHealth(BridgeState.NEW, degradations, KAFKA, List.of(), List.of()));
        assertThatNullPointerException()
                .isThrownBy(() -> new BridgeHealth(BridgeState.NEW, List.of(), KAFKA, connections, List.of()));
        assertThatNullPointerException()
                .isThrownBy(() -> new BridgeHealth(BridgeState.NEW, List.of(), KAFKA, List.of(), routes));
    }
}
