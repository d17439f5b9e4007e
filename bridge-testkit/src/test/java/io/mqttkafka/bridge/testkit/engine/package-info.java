/** The engine between a scripted MQTT broker and a fake Kafka. */
package io.mqttkafka.bridge.testkit.engine;
