package io.mqttkafka.bridge.testkit.packet;

import io.mqttkafka.bridge.testkit.net.FaultProxy;
import io.mqttkafka.bridge.testkit.net.FaultProxy.Direction;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Shows the MQTT packets that pass a {@link FaultProxy}, however they are cut into pieces.
 *
 * <pre>{@code
 * proxy.tap(new MqttPacketTap((connection, direction, packet) -> {
 *     if (packet.type() == MqttPacketType.PUBACK) {
 *         acknowledged.add(packet.packetId());
 *     }
 * }));
 * }</pre>
 *
 * <p>Packets of MQTT 3.1.1 are shown as those of MQTT 5 that mean the same; only CONNECT says which version it is of.
 *
 * <p>The listener is called when the last byte of a packet has arrived at the proxy, before that byte is forwarded.
 * Bytes that are not MQTT make the tap fail, and with it the connection. Install it before clients connect. As
 * thread-safe as its listener is; see {@link FaultProxy.Tap}.
 */
public final class MqttPacketTap implements FaultProxy.Tap {

    /** Sees all MQTT packets that pass. */
    @FunctionalInterface
    public interface Listener {

        /**
         * Called with a packet before its last byte is forwarded.
         *
         * @param connection the number of the connection, counted from 1
         */
        void onPacket(int connection, Direction direction, MqttPacket packet);
    }

    private record Stream(int connection, Direction direction) {}

    private final Map<Stream, FrameSplitter> splitters = new ConcurrentHashMap<>();

    /** The connections of clients of MQTT 3.1.1. */
    private final Set<Integer> version3 = ConcurrentHashMap.newKeySet();

    private final Listener listener;

    /** Creates a tap that calls this listener. */
    public MqttPacketTap(Listener listener) {
        this.listener = listener;
    }

    @Override
    public void onBytes(int connection, Direction direction, byte[] buffer, int offset, int length) {
        splitters
                .computeIfAbsent(new Stream(connection, direction), stream -> new FrameSplitter())
                .feed(
                        buffer,
                        offset,
                        length,
                        packet -> listener.onPacket(connection, direction, seen(connection, packet)));
    }

    private MqttPacket seen(int connection, MqttPacket packet) {
        if (packet.type() == MqttPacketType.CONNECT && Version3.begins(packet.bytes())) {
            version3.add(connection);
        }
        return version3.contains(connection) ? MqttPacket.of(Version3.toVersion5(packet.bytes())) : packet;
    }
}
