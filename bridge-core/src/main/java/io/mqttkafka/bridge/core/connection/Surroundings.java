package io.mqttkafka.bridge.core.connection;

import io.mqttkafka.bridge.core.events.BridgeEvents;
import io.mqttkafka.bridge.core.events.Degradations;
import io.mqttkafka.bridge.core.failpoint.Failpoints;
import io.mqttkafka.bridge.core.mqtt.MqttTransport;
import io.mqttkafka.bridge.core.time.BridgeClock;
import java.time.Duration;

/**
 * What every runner of a bridge is given, whichever way its messages go.
 *
 * @param transport makes MQTT connections
 * @param failpoints where a test may end the process
 * @param events tells the listeners
 * @param degradations hears of what is not as it should be
 * @param clock the time
 * @param drainTimeout how long a route that stops waits for what is in flight
 * @param stallThreshold after how long what waits is told
 * @param stateChanged is run when a connection comes or goes, or a route stops
 */
public record Surroundings(
        MqttTransport transport,
        Failpoints failpoints,
        BridgeEvents events,
        Degradations degradations,
        BridgeClock clock,
        Duration drainTimeout,
        Duration stallThreshold,
        Runnable stateChanged) {}
