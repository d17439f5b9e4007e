package io.mqttkafka.bridge.testkit.packet;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * A client's connection to a {@link ScriptedMqttBroker}, played by the test: each {@code expect} method waits for the
 * client's next packet and fails the test if it is not the one named, every other method sends at once.
 *
 * <p>A PINGREQ is answered on its own and never counts as the next packet. A packet the specification forbids fails the
 * next {@code expect}. A failure is an {@link AssertionError} that shows the latest packets of all connections.
 *
 * <p>Thread-safe, though a script reads best on one thread.
 */
public final class ScriptedConnection implements AutoCloseable {

    private static final int SUCCESS = 0;
    private static final int ACK_FLAGS = 0;
    private static final int PUBREL_FLAGS = 2;

    private final PacketChannel channel;
    private final Duration timeout;

    ScriptedConnection(PacketChannel channel, Duration timeout) {
        this.channel = channel;
        this.timeout = timeout;
    }

    /** Returns which connection this is, counted from 1 over the broker's life. */
    public int number() {
        return channel.number();
    }

    /** Sets whether PINGREQ is answered by PINGRESP. Default: true. */
    public void answerPings(boolean answer) {
        channel.answerPings(answer);
    }

    /** Waits for the next packet, whatever it is. */
    public MqttPacket expectPacket() {
        return nextPacket("a packet");
    }

    /** Waits for CONNECT. */
    public ConnectPacket expectConnect() {
        return ConnectPacket.decode(expect(MqttPacketType.CONNECT));
    }

    /** Waits for SUBSCRIBE. */
    public SubscribePacket expectSubscribe() {
        return SubscribePacket.decode(expect(MqttPacketType.SUBSCRIBE));
    }

    /** Waits for UNSUBSCRIBE. */
    public UnsubscribePacket expectUnsubscribe() {
        return UnsubscribePacket.decode(expect(MqttPacketType.UNSUBSCRIBE));
    }

    /** Waits for PUBLISH. */
    public PublishPacket expectPublish() {
        return expect(MqttPacketType.PUBLISH).publish();
    }

    /** Waits for a successful PUBACK. */
    public MqttPacket expectPuback(int packetId) {
        return expectPuback(packetId, SUCCESS);
    }

    /** Waits for PUBACK with this reason. */
    public MqttPacket expectPuback(int packetId, int reasonCode) {
        return expectAck(MqttPacketType.PUBACK, packetId, reasonCode);
    }

    /** Waits for a successful PUBREC. */
    public MqttPacket expectPubrec(int packetId) {
        return expectPubrec(packetId, SUCCESS);
    }

    /** Waits for PUBREC with this reason. */
    public MqttPacket expectPubrec(int packetId, int reasonCode) {
        return expectAck(MqttPacketType.PUBREC, packetId, reasonCode);
    }

    /** Waits for a successful PUBREL. */
    public MqttPacket expectPubrel(int packetId) {
        return expectPubrel(packetId, SUCCESS);
    }

    /** Waits for PUBREL with this reason. */
    public MqttPacket expectPubrel(int packetId, int reasonCode) {
        return expectAck(MqttPacketType.PUBREL, packetId, reasonCode);
    }

    /** Waits for a successful PUBCOMP. */
    public MqttPacket expectPubcomp(int packetId) {
        return expectPubcomp(packetId, SUCCESS);
    }

    /** Waits for PUBCOMP with this reason. */
    public MqttPacket expectPubcomp(int packetId, int reasonCode) {
        return expectAck(MqttPacketType.PUBCOMP, packetId, reasonCode);
    }

    /** Waits for DISCONNECT with this reason. */
    public MqttPacket expectDisconnect(int reasonCode) {
        MqttPacket packet = expect(MqttPacketType.DISCONNECT);
        if (packet.reasonCode() != reasonCode) {
            throw failure("Expected DISCONNECT with reason 0x%02X, but got %s".formatted(reasonCode, packet));
        }
        return packet;
    }

    /** Waits for a PINGREQ; those that arrived since the last call count. */
    public void expectPingreq() {
        if (!channel.awaitPing(timeout)) {
            throw failure("Expected PINGREQ, but none arrived within " + timeout);
        }
    }

    /** Waits this long and fails if any packet but PINGREQ arrives, or if the connection ends. */
    public void expectNothing(Duration duration) {
        Optional<MqttPacket> packet = channel.next(duration);
        if (packet.isPresent()) {
            throw failure("Expected nothing for " + duration + ", but got " + packet.get());
        }
        if (!channel.ending().isEmpty()) {
            throw failure("Expected nothing for " + duration + ", but the connection ended: " + channel.ending());
        }
    }

    /** Waits until the client has closed or reset the connection; fails if it sends another packet first. */
    public void expectClosed() {
        Optional<MqttPacket> packet = channel.next(timeout);
        if (packet.isPresent()) {
            throw failure("Expected the connection to be closed, but got " + packet.get());
        }
        if (channel.ending().isEmpty()) {
            throw failure("Expected the connection to be closed, but it is still open after " + timeout);
        }
    }

    /** Expects CONNECT and answers it with success. */
    public ConnectPacket handshake(boolean sessionPresent) {
        ConnectPacket connect = expectConnect();
        connack(sessionPresent, SUCCESS);
        return connect;
    }

    /** Sends CONNACK without properties. */
    public void connack(boolean sessionPresent, int reasonCode) {
        connack(sessionPresent, reasonCode, MqttProperties.NONE);
    }

    /** Sends CONNACK. */
    public void connack(boolean sessionPresent, int reasonCode, MqttProperties properties) {
        send(new WireWriter()
                .oneByte(sessionPresent ? 1 : 0)
                .oneByte(reasonCode)
                .properties(properties)
                .frame(MqttPacketType.CONNACK, 0));
    }

    /** Sends SUBACK with one reason code for each topic filter; below 0x80 it is the QoS granted. */
    public void suback(int packetId, int... reasonCodes) {
        send(codes(MqttPacketType.SUBACK, packetId, reasonCodes));
    }

    /** Sends the SUBACK that grants what was asked for. */
    public void grant(SubscribePacket subscribe) {
        suback(
                subscribe.packetId(),
                subscribe.subscriptions().stream()
                        .mapToInt(SubscribePacket.Subscription::qos)
                        .toArray());
    }

    /** Sends UNSUBACK with one reason code for each topic filter. */
    public void unsuback(int packetId, int... reasonCodes) {
        send(codes(MqttPacketType.UNSUBACK, packetId, reasonCodes));
    }

    /** Sends messages, all in one write. */
    public void publish(PublishPacket... messages) {
        WireWriter all = new WireWriter();
        for (PublishPacket message : messages) {
            all.raw(message.encode());
        }
        send(all.bytes());
    }

    /** Sends a successful PUBACK. */
    public void puback(int packetId) {
        puback(packetId, SUCCESS);
    }

    /** Sends PUBACK with this reason. */
    public void puback(int packetId, int reasonCode) {
        send(ack(MqttPacketType.PUBACK, ACK_FLAGS, packetId, reasonCode));
    }

    /** Sends a successful PUBREC. */
    public void pubrec(int packetId) {
        pubrec(packetId, SUCCESS);
    }

    /** Sends PUBREC with this reason. */
    public void pubrec(int packetId, int reasonCode) {
        send(ack(MqttPacketType.PUBREC, ACK_FLAGS, packetId, reasonCode));
    }

    /** Sends a successful PUBREL. */
    public void pubrel(int packetId) {
        pubrel(packetId, SUCCESS);
    }

    /** Sends PUBREL with this reason. */
    public void pubrel(int packetId, int reasonCode) {
        send(ack(MqttPacketType.PUBREL, PUBREL_FLAGS, packetId, reasonCode));
    }

    /** Sends a successful PUBCOMP. */
    public void pubcomp(int packetId) {
        pubcomp(packetId, SUCCESS);
    }

    /** Sends PUBCOMP with this reason. */
    public void pubcomp(int packetId, int reasonCode) {
        send(ack(MqttPacketType.PUBCOMP, ACK_FLAGS, packetId, reasonCode));
    }

    /** Sends DISCONNECT; the connection itself stays open until {@link #close()} or {@link #cut()}. */
    public void disconnect(int reasonCode) {
        disconnect(reasonCode, MqttProperties.NONE);
    }

    /** Sends DISCONNECT with properties. */
    public void disconnect(int reasonCode, MqttProperties properties) {
        send(new WireWriter().oneByte(reasonCode).properties(properties).frame(MqttPacketType.DISCONNECT, 0));
    }

    /** Sends bytes as they are: parts of packets, or what is no packet at all. */
    public void sendRaw(byte[] bytes) {
        sending(() -> channel.send(bytes));
    }

    /** Resets the connection (TCP RST). */
    public void cut() {
        channel.cut();
    }

    /** Closes this side only (TCP FIN), without a DISCONNECT: nothing can be sent any more, but what arrives is read. */
    public void halfClose() {
        channel.halfClose();
    }

    /** Closes the connection (TCP FIN), without a DISCONNECT; does nothing if it has ended. */
    @Override
    public void close() {
        channel.close();
    }

    private MqttPacket expectAck(MqttPacketType type, int packetId, int reasonCode) {
        MqttPacket packet = expect(type);
        if (packet.packetId() != packetId || packet.reasonCode() != reasonCode) {
            throw failure("Expected %s id=%d reason=0x%02X, but got %s".formatted(type, packetId, reasonCode, packet));
        }
        return packet;
    }

    private MqttPacket expect(MqttPacketType type) {
        MqttPacket packet = nextPacket(type.toString());
        if (packet.type() != type) {
            throw failure("Expected " + type + ", but got " + packet);
        }
        return packet;
    }

    private MqttPacket nextPacket(String expected) {
        return channel.next(timeout).orElseThrow(() -> {
            String ending = channel.ending();
            return failure("Expected " + expected + ", but "
                    + (ending.isEmpty() ? "nothing arrived within " + timeout : "the connection ended: " + ending));
        });
    }

    private void send(byte[] packets) {
        sending(() -> channel.sendPackets(packets));
    }

    private interface Sending {
        void run() throws IOException;
    }

    private void sending(Sending what) {
        try {
            what.run();
        } catch (IOException e) {
            AssertionError failure = failure("Could not send: " + e.getMessage());
            failure.initCause(e);
            throw failure;
        }
    }

    private AssertionError failure(String message) {
        return new AssertionError("Connection #" + number() + ": " + message
                + "\nLatest packets (<- from the client):\n" + channel.log());
    }

    private static byte[] ack(MqttPacketType type, int flags, int packetId, int reasonCode) {
        WireWriter body = new WireWriter().twoBytes(packetId);
        if (reasonCode != SUCCESS) {
            body.oneByte(reasonCode);
        }
        return body.frame(type, flags);
    }

    private static byte[] codes(MqttPacketType type, int packetId, int... reasonCodes) {
        WireWriter body = new WireWriter().twoBytes(packetId).properties(MqttProperties.NONE);
        for (int code : reasonCodes) {
            body.oneByte(code);
        }
        return body.frame(type, 0);
    }
}
