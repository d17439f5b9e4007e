package io.mqttkafka.bridge.benchmarks;

import io.mqttkafka.bridge.benchmarks.peers.BridgePeer;
import io.mqttkafka.bridge.benchmarks.peers.BridgeSinkPeer;
import io.mqttkafka.bridge.benchmarks.peers.FloorPeer;
import io.mqttkafka.bridge.benchmarks.peers.FloorSinkPeer;
import io.mqttkafka.bridge.benchmarks.peers.StockPahoPeer;
import io.mqttkafka.bridge.benchmarks.peers.StockPahoSinkPeer;
import java.util.Arrays;
import java.util.Locale;

/** The programs that can drain a backlog, in the order of the tables. */
enum Peer {
    /** The least work that does it: no checks. */
    FLOOR(FloorPeer.class, FloorSinkPeer.class),
    /** This project's bridge, through its public API. */
    OURS(BridgePeer.class, BridgeSinkPeer.class),
    /** The same program in another build of this project, to see what a change costs. */
    BEFORE(BridgePeer.class, BridgeSinkPeer.class),
    /** Written by hand with the stock Paho client. */
    PAHO(StockPahoPeer.class, StockPahoSinkPeer.class);

    private final Class<?> toKafka;
    private final Class<?> toMqtt;

    Peer(Class<?> toKafka, Class<?> toMqtt) {
        this.toKafka = toKafka;
        this.toMqtt = toMqtt;
    }

    static Peer named(String name) {
        return Arrays.stream(values())
                .filter(peer -> peer.label().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("No peer is called '" + name + "'"));
    }

    Class<?> mainClass(Direction direction) {
        return direction == Direction.TO_KAFKA ? toKafka : toMqtt;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
