package io.mqttkafka.bridge.core.routing;

import io.mqttkafka.bridge.error.BridgeConfigException;
import io.mqttkafka.bridge.error.MappingException;

/**
 * The rules for topics that messages are published to. A topic that breaks them is refused, never mended: a key with {@code
 * +} or {@code #} must not become another device's topic.
 */
public final class MqttTopicName {
    private MqttTopicName() {}

    /**
     * Checks a topic and encodes it.
     *
     * @param option what the topic is for, as users know it; messages start with it
     * @param topic any text, trusted or not
     * @param allowDollar whether it may begin with {@code $}
     * @return its bytes
     * @throws MappingException if it cannot be published to
     */
    public static byte[] checked(String option, String topic, boolean allowDollar) {
        byte[] bytes = MqttText.bytes(topic);
        String shown = option + ": '" + UntrustedText.escape(topic) + "' ";
        if (bytes == null) {
            throw new MappingException(
                    shown + "has control characters, is no Unicode text, or is longer than 65535 bytes of UTF-8");
        }
        if (topic.isEmpty()) {
            throw new MappingException(shown + "is empty; an MQTT topic has at least one character");
        }
        if (topic.indexOf('+') >= 0 || topic.indexOf('#') >= 0) {
            throw new MappingException(shown + "has a wildcard (+ or #), which no topic to publish to can have");
        }
        if (topic.charAt(0) == '$' && !allowDollar) {
            throw new MappingException(shown
                    + "begins with '$', which brokers keep for themselves; begin the template with it if you mean it");
        }
        return bytes;
    }

    /**
     * Refuses a template that can never make a legal topic, so that the mistake shows when the bridge is built.
     *
     * @param template the template of an MQTT topic
     * @throws BridgeConfigException if no record can make it a legal topic
     */
    public static void requirePossible(TopicTemplate template) {
        String literal = template.literalText();
        try {
            if (!literal.isEmpty() || template.isConstant()) {
                checked(template.option(), literal, true);
            }
        } catch (MappingException e) {
            throw new BridgeConfigException(
                    template.option() + ": '" + UntrustedText.escape(template.toString())
                            + "' cannot be an MQTT topic to publish to: " + e.getMessage(),
                    e);
        }
    }
}
