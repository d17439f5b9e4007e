package io.mqttkafka.bridge.examples;

import io.mqttkafka.bridge.Bridge;
import io.mqttkafka.bridge.QoS;
import io.mqttkafka.bridge.Route;
import io.mqttkafka.bridge.codecs.JsonCodec;
import io.mqttkafka.bridge.event.BridgeListener;
import io.mqttkafka.bridge.event.DeadLettered;

/**
 * Reads JSON, passes on what is plausible, and keeps what is not JSON in a topic of its own. Arguments:
 * {@code tcp://broker:1883 kafka:9092}.
 */
public final class JsonAndDeadLetter {
    private JsonAndDeadLetter() {}

    /** What a device sends: <code>{"celsius": 21.5}</code>. */
    record Reading(double celsius) {
        boolean plausible() {
            return celsius > -90 && celsius < 60;
        }
    }

    /**
     * Runs until Ctrl-C.
     *
     * @param args the MQTT broker and the Kafka broker
     * @throws InterruptedException never; a bridge that gives up throws {@code BridgeFailedException}
     */
    public static void main(String[] args) throws InterruptedException {
        Route weather = Route.fromMqtt("weather/{station}")
                .qos(QoS.EXACTLY_ONCE)
                .decode(JsonCodec.of(Reading.class))
                .filter(Reading::plausible)
                .toKafka("weather")
                .key("{station}")
                .onFailure(f -> f.deadLetter("weather.dead"))
                .build();

        Bridge bridge = Bridge.builder()
                .mqtt(m -> m.serverUri(args[0]).clientId("weather-1"))
                .kafka(k -> k.bootstrapServers(args[1]))
                .route(weather)
                .listener(new BridgeListener() {
                    @Override
                    public void onDeadLettered(DeadLettered event) {
                        System.out.println(event.origin() + ": " + event.cause().getMessage());
                    }
                })
                .build();

        // Ctrl-C lets what is in flight finish; the broker keeps the session until the next start.
        Runtime.getRuntime().addShutdownHook(new Thread(bridge::close));
        bridge.start();
        // Its threads are daemons: without this the process would end here.
        bridge.awaitClosed();
    }
}
