package io.mqttkafka.bridge.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionNamesTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            mqtt.receiveMaximum: 0 must be from 1 to 65535 messages | --receive-maximum: 0 must be from 1 to 65535 messages
            mqtt.keepAlive: PT1S must be from PT2S to PT18H12M15S   | --keep-alive: 1s must be from 2s to 18h12m15s
            belongs to the bridge; set it with kafka.bootstrapServers(..) | belongs to the bridge; set it with --kafka
            set them with mqtt.credentials(..) | set them with --mqtt-user, --mqtt-password-env or --mqtt-password-file
            mqtt.tls: is set, but no server URI | --mqtt-trust-store or --mqtt-key-store: is set, but no server URI
            mqtt.tls.trustStore: not trusted    | --mqtt-trust-store: not trusted
            tls.keyStore: 'k.p12' is not a readable file | --mqtt-key-store: 'k.p12' is not a readable file
            route 'a': key: '{x}' names no level | route 'a': --key: '{x}' names no level
            filter: 'a/#/b' has a wildcard      | --from-mqtt: 'a/#/b' has a wildcard
            the key: of a record, and a filter  | the key: of a record, and a filter
            kafka.client, kafka.producer: no  | --kafka-property or --kafka-config: no
            group: 'a' is also the group        | --group: 'a' is also the group
            declare the routes effectivelyOnce() | declare the routes --effectively-once
            clearOnTombstone: needs retain(true) or retainHeader(..), or | --clear-on-tombstone: needs --retain or --retain-header, or
            or set loops.allowFeedback(), with | or set --allow-feedback, with
            loops.identity: is not set          | --identity: is not set
            its filter in mqtt.unsubscribe(..), or set mqtt.unrouted(ACKNOWLEDGE) | its filter in --unsubscribe, or set --unrouted acknowledge
            or set a longer startTimeout        | or set a longer --start-timeout
            : onFailure(..) of the route can try it again (retry), put it aside (deadLetter) or leave it out (skip) | : --dead-letter puts it aside
            my.mqtt.keepAlive and mqtt.keepAlives | my.mqtt.keepAlive and mqtt.keepAlives
            """)
    void translate_messageOfTheBridge_namesOptionsOfTheCommandLine(String message, String expected) {
        assertThat(OptionNames.translate(message)).isEqualTo(expected);
    }

    @Test
    void translate_noMessage_saysSo() {
        assertThat(OptionNames.translate(null)).isEqualTo("no reason given");
    }

    @Test
    void translateOfPublishing_optionsOfBothDirections_namesThatOfPublishing() {
        assertThat(OptionNames.translateOfPublishing("route 'a -> b': qos: the MQTT broker supports QoS 0 to 1 only"))
                .isEqualTo("route 'a -> b': --publish-qos: the MQTT broker supports QoS 0 to 1 only");
        assertThat(OptionNames.translateOfPublishing("onFailure.deadLetter: 'a' is a topic"))
                .isEqualTo("--publish-dead-letter: 'a' is a topic");
    }
}
