package io.mqttkafka.bridge.core.mqtt.socket;

import io.mqttkafka.bridge.core.mqtt.CloseReason;
import io.mqttkafka.bridge.core.mqtt.InboundHandler;
import io.mqttkafka.bridge.core.mqtt.PacketOutput;
import io.mqttkafka.bridge.core.mqtt.wire.BrokerLimits;
import io.mqttkafka.bridge.core.mqtt.wire.PublishFrame;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Hears of a connection, and counts. */
final class Quiet implements InboundHandler {
    final AtomicInteger connected = new AtomicInteger();
    final AtomicInteger ended = new AtomicInteger();
    final CompletableFuture<CloseReason> reason = new CompletableFuture<>();

    @Override
    public void connecting() {}

    @Override
    public void connected(BrokerLimits limits, PacketOutput output) {
        connected.incrementAndGet();
    }

    @Override
    public void publish(PublishFrame frame) {}

    @Override
    public void release(int packetId) {}

    @Override
    public void closed(CloseReason why) {
        ended.incrementAndGet();
        reason.complete(why);
    }
}
