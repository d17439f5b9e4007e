package io.mqttkafka.bridge.testkit.fake.mqtt;

import io.mqttkafka.bridge.testkit.packet.MqttPacket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttUnacceptableProtocolVersionException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client's socket on Netty. Thread-safe. */
final class NettyWire extends SimpleChannelInboundHandler<MqttMessage> implements Wire {

    /** So much may wait for a client that does not read, before it counts as congested. */
    static final int CONGESTED_BYTES = 16 << 20;

    private final Switchboard switchboard;
    private final SocketChannel channel;
    private final VersionRule versions;
    private @Nullable Line line;
    private volatile boolean version3 = true;

    // guarded by this
    private List<Runnable> waiting = new ArrayList<>();
    private long waitingBytes;

    NettyWire(Switchboard switchboard, SocketChannel channel, VersionRule versions) {
        this.versions = versions;
        this.switchboard = switchboard;
        this.channel = channel;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        line = switchboard.opened(this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        Line open = line;
        if (open != null) {
            switchboard.closed(open);
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, MqttMessage message) {
        Line open = line;
        if (open == null) {
            return;
        }
        if (message.decoderResult().isFailure()) {
            undecodable(open, message.decoderResult().cause());
            return;
        }
        if (message instanceof MqttConnectMessage connect) {
            if (!PacketReader.isVersion3(connect) && versions != VersionRule.BOTH) {
                refuseVersion5(open);
                return;
            }
            version3 = PacketReader.isVersion3(connect);
            if (version3
                    && !connect.variableHeader().isCleanSession()
                    && connect.payload().clientIdentifier().isEmpty()) {
                switchboard.refuse(open, ReasonCodes.CLIENT_IDENTIFIER_NOT_VALID);
                return;
            }
        }
        MqttPacket packet;
        try {
            packet = PacketReader.read(message);
        } catch (IllegalArgumentException e) {
            switchboard.malformed(open, ReasonCodes.MALFORMED_PACKET, e.getMessage());
            return;
        }
        switchboard.received(open, packet);
    }

    private void refuseVersion5(Line open) {
        if (versions == VersionRule.REFUSE_5) {
            switchboard.refuse(open, ReasonCodes.UNSUPPORTED_PROTOCOL_VERSION);
        } else {
            channel.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Line open = line;
        if (open == null) {
            channel.close();
        } else {
            switchboard.failed(open, cause);
        }
    }

    @Override
    public void send(MqttPacket packet) {
        ByteBuf bytes = version3 ? Version3Writer.write(packet) : Unpooled.wrappedBuffer(packet.bytes());
        int size = bytes.readableBytes();
        later(size, () -> channel.write(bytes));
    }

    @Override
    public void close() {
        later(0, () -> channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE));
    }

    @Override
    public void reset() {
        later(0, () -> channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }));
    }

    @Override
    public void halfClose() {
        later(0, () -> channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> channel.shutdownOutput()));
    }

    @Override
    public void read(boolean on) {
        channel.config().setAutoRead(on);
    }

    @Override
    public synchronized boolean isCongested() {
        return waitingBytes > CONGESTED_BYTES || !channel.isWritable();
    }

    private void undecodable(Line open, Throwable cause) {
        if (cause instanceof MqttUnacceptableProtocolVersionException) {
            switchboard.refuse(open, ReasonCodes.UNSUPPORTED_PROTOCOL_VERSION);
        } else if (cause instanceof TooLongFrameException) {
            switchboard.malformed(open, ReasonCodes.PACKET_TOO_LARGE, "a packet that is too large");
        } else {
            switchboard.malformed(open, ReasonCodes.MALFORMED_PACKET, "a malformed packet: " + cause.getMessage());
        }
    }

    // always by the event loop's queue: a write on its own thread would overtake one that another thread asked for
    private synchronized void later(int bytes, Runnable write) {
        waitingBytes += bytes;
        waiting.add(write);
        if (waiting.size() == 1) {
            channel.eventLoop().execute(this::writeAll);
        }
    }

    private void writeAll() {
        List<Runnable> due;
        synchronized (this) {
            due = waiting;
            waiting = new ArrayList<>();
            waitingBytes = 0;
        }
        due.forEach(Runnable::run);
        channel.flush();
    }
}
