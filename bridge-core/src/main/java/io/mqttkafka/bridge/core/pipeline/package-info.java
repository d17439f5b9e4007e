/**
 * What happens to a message on its way from MQTT to Kafka.
 *
 * <p>Start at {@link io.mqttkafka.bridge.core.pipeline.MqttToKafkaPipeline}, one page from top to bottom. {@link
 * io.mqttkafka.bridge.core.pipeline.SourceRunner} feeds the pipeline with what arrives on one MQTT connection, which its
 * {@code ConnectionSupervisor} keeps up; {@link io.mqttkafka.bridge.core.pipeline.RouteLane} keeps the order of a route while
 * one of its messages has to wait.
 */
@NullMarked
package io.mqttkafka.bridge.core.pipeline;

import org.jspecify.annotations.NullMarked;
