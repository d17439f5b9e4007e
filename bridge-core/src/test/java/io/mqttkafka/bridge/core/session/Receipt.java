package io.mqttkafka.bridge.core.session;

/** What the checker notes of a message that the bridge took in, to say later what the bridge had to know of it. */
final class Receipt {
    final Message message;
    final Delivery delivery;

    /** What the bridge remembered it in: another one after a crash, and after a session that the broker had not kept. */
    int memory;

    /** The number of the connection it was received on last. */
    int connection;

    /** All its routes have come to a result, so that a transaction can take it. */
    boolean complete;

    /** One bit for each route whose record Kafka has not confirmed. */
    long open;

    /** The bridge has heard that a record of it failed. */
    boolean failed;

    /** Its PUBACK or PUBREC has left, whether or not it arrived. */
    boolean acknowledged;

    Receipt(Message message, Delivery delivery, int memory, long open) {
        this.message = message;
        this.delivery = delivery;
        this.memory = memory;
        this.open = open;
    }
}
