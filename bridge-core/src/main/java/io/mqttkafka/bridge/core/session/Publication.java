package io.mqttkafka.bridge.core.session;

/**
 * One message that we publish, from its place in the window until the MQTT broker has taken it over; its owner extends this
 * to hear of the outcome.
 */
public abstract class Publication extends PublishQueue.Link<Publication> {
    /** How far it has come. */
    enum State {
        /** It has not been sent in this MQTT session. */
        UNSENT,
        /** PUBLISH was sent. */
        SENT,
        /** PUBREC was received and PUBREL sent. Only for QoS 2. */
        RELEASED
    }

    private static final int UNSPECIFIED_ERROR = 0x80;

    final int qos;
    final int size;
    State state = State.UNSENT;

    /** When it was published first. */
    long publishedNanos;

    /** Its packet id; 0 for QoS 0, and while it has none. */
    int packetId;

    /** Whether it was sent as a duplicate the last time. */
    boolean repeated;

    /** Whether it was sent on the present connection. */
    boolean onWire;

    /** Its place among the releases. */
    long released;

    /** The reason code of its PUBREC. */
    int reasonCode;

    /**
     * Makes a message that is not published.
     *
     * @param qos its QoS, 0 to 2
     * @param size how many bytes of the window it takes
     */
    protected Publication(int qos, int size) {
        this.qos = qos;
        this.size = size;
    }

    /** Returns its QoS. */
    public final int qos() {
        return qos;
    }

    /**
     * Says whether what it was made of is done once the MQTT broker has taken it over with this word. Called with the
     * session locked: be quick, never block.
     *
     * @param reasonCode what the broker said, below 0x80
     * @return whether it is; if not, it is to be published again. Here: true
     */
    protected boolean isDone(int reasonCode) {
        return true;
    }

    /**
     * The MQTT broker has taken it over: PUBACK or PUBCOMP, or for QoS 0 its bytes have left. Called once, by the thread that
     * reads or writes the connection: be quick, never block.
     *
     * @param reasonCode what the broker said, below 0x80
     */
    protected abstract void accepted(int reasonCode);

    /**
     * The MQTT broker has refused it. Called once, by the thread that reads the connection: be quick, never block.
     *
     * @param reasonCode what the broker said, 0x80 or above
     */
    protected abstract void refused(int reasonCode);

    /**
     * The session gives it up, because connections end when it is sent. Called once, by the thread that connects: be quick,
     * never block. Here: as if it were {@linkplain #refused refused} without a reason.
     *
     * @param why what happened, in words
     */
    protected void givenUp(String why) {
        refused(UNSPECIFIED_ERROR);
    }
}
