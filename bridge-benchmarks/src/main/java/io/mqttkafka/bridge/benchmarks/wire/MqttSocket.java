package io.mqttkafka.bridge.benchmarks.wire;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;

/** A blocking MQTT 5 connection that keeps its session. The caller reads and writes the frames. Not thread-safe. */
public final class MqttSocket implements AutoCloseable {
    private static final int PROPERTY_SESSION_EXPIRY = 0x11;
    private static final int PROPERTY_RECEIVE_MAXIMUM = 0x21;
    private static final int NEVER_EXPIRE = 0xffff_ffff;
    private static final int SUBSCRIBE_PACKET_ID = 1;

    private final Socket socket;
    private final FrameReader reader;
    private final FrameWriter control = new FrameWriter();

    private MqttSocket(Socket socket) throws IOException {
        this.socket = socket;
        this.reader = new FrameReader(socket.getInputStream());
    }

    /** Connects with clean start off, a session that never expires and no keep-alive. */
    public static MqttSocket connect(InetSocketAddress broker, String clientId, int receiveMaximum) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(broker);
            MqttSocket connection = new MqttSocket(socket);
            connection.handshake(clientId, receiveMaximum);
            return connection;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    public FrameReader reader() {
        return reader;
    }

    public OutputStream output() throws IOException {
        return socket.getOutputStream();
    }

    /** Bounds how long a read may wait; the default is for ever. */
    public void readTimeout(Duration timeout) throws SocketException {
        socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
    }

    /** Subscribes and fails unless the broker grants exactly {@code qos}. */
    public void subscribe(String filter, int qos) throws IOException {
        FrameWriter body = new FrameWriter()
                .twoBytes(SUBSCRIBE_PACKET_ID)
                .oneByte(0)
                .string(filter)
                .oneByte(qos);
        send(PacketType.SUBSCRIBE, 0b0010, body);
        expect(PacketType.SUBACK);
        reader.twoBytes();
        reader.skipProperties();
        int granted = reader.oneByte();
        if (granted != qos) {
            throw new IOException("The broker granted QoS " + granted + " for " + filter + ", not " + qos);
        }
    }

    /** Returns once the broker has worked through everything sent before. */
    public void ping() throws IOException {
        send(PacketType.PINGREQ, 0, new FrameWriter());
        expect(PacketType.PINGRESP);
    }

    /** Leaves in good order; the broker keeps the session. */
    public void disconnect() throws IOException {
        send(PacketType.DISCONNECT, 0, new FrameWriter());
        close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private void handshake(String clientId, int receiveMaximum) throws IOException {
        int propertiesLength = 5 + 3;
        FrameWriter body = new FrameWriter()
                .string("MQTT")
                .oneByte(5)
                .oneByte(0)
                .twoBytes(0)
                .oneByte(propertiesLength)
                .oneByte(PROPERTY_SESSION_EXPIRY)
                .fourBytes(NEVER_EXPIRE)
                .oneByte(PROPERTY_RECEIVE_MAXIMUM)
                .twoBytes(receiveMaximum)
                .string(clientId);
        send(PacketType.CONNECT, 0, body);
        expect(PacketType.CONNACK);
        reader.oneByte();
        int reasonCode = reader.oneByte();
        if (reasonCode != 0) {
            throw new IOException("The broker refused the connection: reason code " + reasonCode);
        }
    }

    private void send(int packetType, int flags, FrameWriter body) throws IOException {
        control.header(packetType, flags, body.size());
        control.flushTo(output());
        body.flushTo(output());
    }

    private void expect(int packetType) throws IOException {
        reader.next();
        if (reader.packetType() != packetType) {
            throw new IOException("Expected packet type " + packetType + ", got " + reader.packetType());
        }
    }
}
