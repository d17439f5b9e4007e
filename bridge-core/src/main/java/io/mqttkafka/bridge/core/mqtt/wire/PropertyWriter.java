package io.mqttkafka.bridge.core.mqtt.wire;

import java.util.Arrays;

/** Writes the properties of a PUBLISH, one behind the other. Texts are UTF-8 that has been checked. Not thread-safe. */
public final class PropertyWriter {
    private byte[] bytes = new byte[64];
    private int length;
    private int expiryAt = -1;

    /** Makes a writer of no properties. */
    public PropertyWriter() {}

    /** Adds the payload format indicator. */
    public void payloadFormat(boolean utf8) {
        room(2);
        bytes[length++] = PropertyReader.PAYLOAD_FORMAT;
        bytes[length++] = (byte) (utf8 ? 1 : 0);
    }

    /** Adds the message expiry interval; its value is set when the packet is sent. */
    public void expiry() {
        room(5);
        bytes[length++] = PropertyReader.MESSAGE_EXPIRY;
        expiryAt = length;
        length += 4;
    }

    /** Adds the content type. */
    public void contentType(byte[] text) {
        add(PropertyReader.CONTENT_TYPE, text);
    }

    /** Adds the response topic. */
    public void responseTopic(byte[] topic) {
        add(PropertyReader.RESPONSE_TOPIC, topic);
    }

    /** Adds the correlation data. */
    public void correlationData(byte[] data) {
        add(PropertyReader.CORRELATION_DATA, data);
    }

    /** Adds a user property. */
    public void userProperty(byte[] name, byte[] value) {
        add(PropertyReader.USER_PROPERTY, name);
        binary(value);
    }

    private void add(int id, byte[] value) {
        room(1);
        bytes[length++] = (byte) id;
        binary(value);
    }

    private void binary(byte[] value) {
        room(2 + value.length);
        bytes[length++] = (byte) (value.length >> 8);
        bytes[length++] = (byte) value.length;
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
    }

    private void room(int count) {
        if (bytes.length - length < count) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
        }
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    /** Where the value of the message expiry interval is; -1 if there is none. */
    int expiryAt() {
        return expiryAt;
    }
}
