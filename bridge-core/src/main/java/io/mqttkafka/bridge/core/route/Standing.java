package io.mqttkafka.bridge.core.route;

import io.mqttkafka.bridge.config.MqttVersion;
import io.mqttkafka.bridge.core.mqtt.wire.ProtocolVersion;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How a route stands with the MQTT broker that it is connected to: the version that is spoken, and what voids its promise. Thread-safe. */
public final class Standing {
    private volatile @Nullable ProtocolVersion version;
    private volatile @Nullable String weakness;
    private volatile @Nullable String doubt;

    /** Tells which version the broker speaks. */
    public void speaks(ProtocolVersion spoken) {
        version = spoken;
    }

    /**
     * Returns why the route cannot keep its promise.
     *
     * @return the reason; null if it keeps it, as far as is known
     */
    public @Nullable String weakness() {
        return weakness;
    }

    /**
     * Tells why the route cannot keep its promise.
     *
     * @param reason the reason; null if it can
     * @return whether that is news, and none that can be left untold
     */
    public boolean weakness(@Nullable String reason) {
        boolean news = reason != null && !Objects.equals(reason, weakness);
        weakness = reason;
        return news;
    }

    /**
     * Tells what may keep the route from all that it promises.
     *
     * @param reason the reason
     * @return whether that is news
     */
    public boolean doubt(String reason) {
        boolean news = !reason.equals(doubt);
        doubt = reason;
        return news;
    }

    /** Returns what may keep the route from all that it promises; null if nothing is known. */
    public @Nullable String doubt() {
        return doubt;
    }

    /**
     * Words what MQTT 3.1.1 takes away, if it is spoken, or can be.
     *
     * @param asked the version that is asked for
     * @param losses what it takes away
     * @return ends a sentence; may be empty
     */
    public String remark(MqttVersion asked, String losses) {
        ProtocolVersion spoken = version;
        if (asked == MqttVersion.V5 || spoken == ProtocolVersion.V5) {
            return "";
        }
        return (asked == MqttVersion.AUTO && spoken == null
                        ? "; if the MQTT broker speaks MQTT 3.1.1 only: "
                        : "; by MQTT 3.1.1: ")
                + losses;
    }
}
