package io.mqttkafka.bridge.core.session;

/**
 * One MQTT packet on its way.
 *
 * @param type what it is
 * @param id its packet id
 * @param message what a PUBLISH carries, else null
 * @param duplicate the DUP flag of a PUBLISH
 */
record Packet(Type type, int id, Message message, boolean duplicate) {
    enum Type {
        PUBLISH,
        PUBREL,
        PUBACK,
        PUBREC,
        PUBCOMP
    }

    static Packet publish(int id, Message message, boolean duplicate) {
        return new Packet(Type.PUBLISH, id, message, duplicate);
    }

    static Packet of(Type type, int id) {
        return new Packet(type, id, null, false);
    }

    @Override
    public String toString() {
        return type + " id " + id + (duplicate ? " DUP" : "") + (message == null ? "" : ": " + message);
    }
}
