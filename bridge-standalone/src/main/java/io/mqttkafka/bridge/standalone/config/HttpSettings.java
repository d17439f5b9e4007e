package io.mqttkafka.bridge.standalone.config;

import java.util.List;

/**
 * The port for people and tools.
 *
 * @param port the port, 0 for any
 * @param address where to listen
 * @param hosts names by which it is called, beside localhost and addresses
 */
public record HttpSettings(int port, String address, List<String> hosts) {
    /** Copies the list. */
    public HttpSettings {
        hosts = List.copyOf(hosts);
    }
}
