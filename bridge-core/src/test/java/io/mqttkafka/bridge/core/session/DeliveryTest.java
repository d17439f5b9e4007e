package io.mqttkafka.bridge.core.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeliveryTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 63, 64})
    void settle_lastRoute_settles(int routes) {
        Delivery delivery = delivery(routes);
        for (int route = routes - 1; route > 0; route--) {
            assertThat(delivery.settle(route)).isFalse();
            assertThat(delivery.isOpen(route)).isFalse();
            assertThat(delivery.settled()).isFalse();
        }

        assertThat(delivery.settle(0)).isTrue();
        assertThat(delivery.settled()).isTrue();
    }

    @Test
    void settle_sameRouteTwice_countsOnce() {
        Delivery delivery = delivery(2);

        assertThat(delivery.settle(1)).isFalse();
        assertThat(delivery.settle(1)).isFalse();
        assertThat(delivery.settled()).isFalse();
        assertThat(delivery.settle(0)).isTrue();
        assertThat(delivery.settle(0)).isFalse();
    }

    @Test
    void settled_noRoutes_isSettled() {
        assertThat(delivery(0).settled()).isTrue();
    }

    @Test
    void settled_failedBeforeLastRoute_staysUnsettled() {
        Delivery delivery = delivery(1);
        delivery.fail();
        delivery.settle(0);

        assertThat(delivery.failed()).isTrue();
        assertThat(delivery.settled()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65})
    void mask_routesOutOfRange_isRefused(int routes) {
        assertThatThrownBy(() -> Delivery.mask(routes)).isInstanceOf(IllegalArgumentException.class);
    }

    private static Delivery delivery(int routes) {
        return new Delivery(1, 1, false, 0, 0, Delivery.mask(routes));
    }
}
