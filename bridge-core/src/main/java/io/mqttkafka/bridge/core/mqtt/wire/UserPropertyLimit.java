package io.mqttkafka.bridge.core.mqtt.wire;

/**
 * How many user properties are taken out of one message. A property of two empty strings has five bytes on the wire and takes
 * more than twenty times as much on the heap, so that the size of the packet bounds nothing.
 *
 * @param most the most of them
 * @param mostBytes the most bytes of all their names and values
 */
public record UserPropertyLimit(int most, int mostBytes) {
    /**
     * Says whether so many may be taken.
     *
     * @param count how many
     * @param bytes the bytes of their names and values
     * @return whether neither is too much
     */
    public boolean allows(int count, long bytes) {
        return count <= most && bytes <= mostBytes;
    }
}
