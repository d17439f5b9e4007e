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
    private static final KafkaHealth KAFKA = KafkaHealth.builder()
            .reachable(true)
            .since(Instant.EPOCH)
            .longestWait(Duration.ZERO)
            .build();
    private static final RouteCounts ONE = RouteCounts.builder()
            .received(1)
            .delivered(2)
            .acknowledged(3)
            .deadLettered(4)
            .filtered(5)
            .skipped(6)
            .shed(7)
            .expired(8)
            .retries(9)
            .unheard(10)
            .looped(11)
            .build();
    private static final RouteCounts TEN = RouteCounts.builder()
            .received(10)
            .delivered(20)
            .acknowledged(30)
            .deadLettered(40)
            .filtered(50)
            .skipped(60)
            .shed(70)
            .expired(80)
            .retries(90)
            .unheard(100)
            .looped(110)
            .build();
    private static final RouteCounts HUNDRED = RouteCounts.builder()
            .received(100)
            .delivered(200)
            .acknowledged(300)
            .deadLettered(400)
            .filtered(500)
            .skipped(600)
            .shed(700)
            .expired(800)
            .retries(900)
            .unheard(1000)
            .looped(1100)
            .build();

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
        var route = RouteHealth.builder("r")
                .running(true)
                .qos0(ONE)
                .qos1(TEN)
                .qos2(HUNDRED)
                .build();
        assertThat(route.counts(QoS.AT_MOST_ONCE)).isSameAs(ONE);
        assertThat(route.counts(QoS.AT_LEAST_ONCE)).isSameAs(TEN);
        assertThat(route.counts(QoS.EXACTLY_ONCE)).isSameAs(HUNDRED);
        assertThat(route.total())
                .isEqualTo(RouteCounts.builder()
                        .received(111)
                        .delivered(222)
                        .acknowledged(333)
                        .deadLettered(444)
                        .filtered(555)
                        .skipped(666)
                        .shed(777)
                        .expired(888)
                        .retries(999)
                        .unheard(1110)
                        .looped(1221)
                        .build());
    }

    @Test
    void health_route_isFoundByName() {
        var a = RouteHealth.builder("a")
                .running(true)
                .qos0(ONE)
                .qos1(ONE)
                .qos2(ONE)
                .build();
        var b = RouteHealth.builder("b")
                .running(true)
                .qos0(ONE)
                .qos1(ONE)
                .qos2(ONE)
                .build();
        var health = BridgeHealth.builder(BridgeState.RUNNING)
                .kafka(KAFKA)
                .routes(List.of(a, b))
                .build();
        assertThat(health.route("b")).isSameAs(b);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> health.route("c"))
                .withMessage("route: the bridge has no route named 'c'");
    }

    @Test
    void deliveryTimes_areKeptByTheRoute() {
        Duration ms = Duration.ofMillis(1);
        Duration second = Duration.ofSeconds(1);
        var times = DeliveryTimes.of(3, ms, second, second);
        var one = DeliveryTimes.of(1, ms, ms, ms);
        var route = RouteHealth.builder("r")
                .deliveryTimes(times)
                .recentDeliveryTimes(one)
                .build();
        assertThat(route.deliveryTimes()).isSameAs(times);
        assertThat(route.recentDeliveryTimes()).isSameAs(one);
        assertThat(route)
                .isNotEqualTo(RouteHealth.builder("r").deliveryTimes(times).build());
        assertThat(RouteHealth.builder("r").build().deliveryTimes()).isSameAs(DeliveryTimes.NONE);
        assertThat(times)
                .isEqualTo(DeliveryTimes.of(3, ms, second, second))
                .hasSameHashCodeAs(DeliveryTimes.of(3, ms, second, second))
                .isNotEqualTo(one)
                .hasToString("DeliveryTimes[count=3, p50=PT0.001S, p99=PT1S, maximum=PT1S]");
        assertThat(DeliveryTimes.NONE).hasToString("DeliveryTimes[count=0, p50=null, p99=null, maximum=null]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DeliveryTimes.of(0, ms, ms, ms))
                .withMessageContaining("count: 0");
        assertThatIllegalArgumentException().isThrownBy(() -> DeliveryTimes.of(1, second, ms, second));
        assertThatIllegalArgumentException().isThrownBy(() -> DeliveryTimes.of(1, ms, second, ms));
        assertThatIllegalArgumentException().isThrownBy(() -> DeliveryTimes.of(1, ms.negated(), ms, ms));
        assertThatNullPointerException().isThrownBy(() -> DeliveryTimes.of(1, ms, null, ms));
    }

    @Test
    void oldestUnacknowledged_isThatOfAnyConnection() {
        var a = ConnectionHealth.builder("a")
                .oldestUnacknowledged(Duration.ofSeconds(3))
                .build();
        var b = ConnectionHealth.builder("b")
                .oldestUnacknowledged(Duration.ofSeconds(5))
                .build();
        assertThat(BridgeHealth.builder(BridgeState.RUNNING)
                        .connections(List.of(a, b))
                        .build()
                        .oldestUnacknowledged())
                .isEqualTo(Duration.ofSeconds(5));
        assertThat(BridgeHealth.builder(BridgeState.NEW).build().oldestUnacknowledged())
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(BridgeState.class)
    void healthy_anyState_isTrueForRunningAlone(BridgeState state) {
        assertThat(BridgeHealth.builder(state).kafka(KAFKA).build().healthy()).isEqualTo(state == BridgeState.RUNNING);
    }

    @Test
    void health_listsChangedLater_haveNoEffect() {
        List<ConnectionHealth> connections = new ArrayList<>();
        List<RouteHealth> routes = new ArrayList<>();
        List<Degradation> degradations = new ArrayList<>();
        var health = BridgeHealth.builder(BridgeState.NEW)
                .degradations(degradations)
                .kafka(KAFKA)
                .connections(connections)
                .routes(routes)
                .build();
        degradations.add(null);
        connections.add(null);
        routes.add(null);
        assertThat(health.degradations()).isEmpty();
        assertThat(health.connections()).isEmpty();
        assertThat(health.routes()).isEmpty();
        var builder = BridgeHealth.builder(BridgeState.NEW);
        assertThatNullPointerException().isThrownBy(() -> BridgeHealth.builder(null));
        assertThatNullPointerException().isThrownBy(() -> builder.kafka(null));
        assertThatNullPointerException().isThrownBy(() -> builder.degradations(degradations));
        assertThatNullPointerException().isThrownBy(() -> builder.connections(connections));
        assertThatNullPointerException().isThrownBy(() -> builder.routes(routes));
        assertThatNullPointerException().isThrownBy(() -> RouteHealth.builder(null));
        assertThatNullPointerException().isThrownBy(() -> ConnectionHealth.builder(null));
    }

    @Test
    void health_nothingSet_isZeroAndEmpty() {
        assertThat(BridgeHealth.builder(BridgeState.NEW).build())
                .hasToString("BridgeHealth[state=NEW, degradations=[], kafka=KafkaHealth[reachable=false,"
                        + " since=1970-01-01T00:00:00Z, longestWaitingTopic=null, longestWait=PT0S, lastError=null],"
                        + " connections=[], routes=[]]");
        assertThat(RouteHealth.builder("r").build().total())
                .isEqualTo(RouteCounts.builder().build())
                .isNotEqualTo(ONE)
                .hasToString(
                        "RouteCounts[received=0, delivered=0, acknowledged=0, deadLettered=0, filtered=0, skipped=0,"
                                + " shed=0, expired=0, retries=0, unheard=0, looped=0]");
    }
}
