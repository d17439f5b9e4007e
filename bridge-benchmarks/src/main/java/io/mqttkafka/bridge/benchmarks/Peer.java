package io.mqttkafka.bridge.benchmarks;

import io.mqttkafka.bridge.benchmarks.peers.BridgePeer;
import io.mqttkafka.bridge.benchmarks.peers.FloorPeer;
import io.mqttkafka.bridge.benchmarks.peers.StockPahoPeer;
import java.util.Arrays;
import java.util.Locale;

/** The programs that can drain a backlog, in the order of the tables. */
enum Peer {
    /** The least work that does it: no checks. */
    FLOOR(FloorPeer.class),
    /** This project's bridge, through its public API. */
    OURS(BridgePeer.class),
    /** Written by hand with the stock Paho client. */
    PAHO(StockPahoPeer.class);

    private final Class<?> mainClass;

    Peer(Class<?> mainClass) {
        this.mainClass = mainClass;
    }

    static Peer named(String name) {
        return Arrays.stream(values())
                .filter(peer -> peer.label().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("No peer is called '" + name + "'"));
    }

    Class<?> mainClass() {
        return mainClass;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
