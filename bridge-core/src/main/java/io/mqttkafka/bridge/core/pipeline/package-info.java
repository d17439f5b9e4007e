/**
 * What happens to a message on its way from MQTT to Kafka.
 *
 * <p>Start at {@link io.mqttkafka.bridge.core.pipeline.MqttToKafkaPipeline}, one page from top to bottom. {@link
 * io.mqttkafka.bridge.core.pipeline.SourceRunner} keeps one MQTT connection up and feeds the pipeline with what arrives on
 * it; {@link io.mqttkafka.bridge.core.pipeline.RouteLane} keeps the order of a route while one of its messages has to wait.
 */
@NullMarked
package io.mqttkafka.bridge.core.pipeline;

import org.jspecify.annotations.NullMarked;
