/**
 * The engine between a scripted MQTT broker and a fake Kafka: exact packets over a real socket.
 *
 * <p>What MQTT asks of a connection, and the test that fails without it:
 *
 * <table>
 * <caption>The checklist of a connection</caption>
 * <tr><th>#</th><th>Item</th><th>Test</th></tr>
 * <tr><td>1</td><td>Nothing of the last connection is left</td>
 *   <td>{@code ThreadsTest#threads_afterReconnects_areNoMoreThanBefore}</td></tr>
 * <tr><td>2</td><td>Session, window, keep-alive and no topic alias in CONNECT</td>
 *   <td>{@code HandshakeTest#connect_options_areOnTheWire},
 *   {@code HandshakeTest#connect_always_allowsNoTopicAlias}</td></tr>
 * <tr><td>3</td><td>Messages are taken from CONNACK on</td>
 *   <td>{@code AcknowledgementTest#publish_beforeSuback_isTakenAndAcknowledged}</td></tr>
 * <tr><td>4</td><td>No acknowledgement of another connection, none before CONNACK</td>
 *   <td>{@code DisconnectTest#confirmation_betweenConnectAndConnack_isNotWritten}</td></tr>
 * <tr><td>5</td><td>Acknowledgements in the order of receipt</td>
 *   <td>{@code AcknowledgementTest#publish_confirmedOutOfOrder_isAcknowledgedInOrder}</td></tr>
 * <tr><td>6</td><td>The reader waits for room, but not past the keep-alive</td>
 *   <td>{@code LivenessTest#window_full_dropsTheConnectionUntilKafkaConfirms},
 *   {@code ConnectionLimitsTest#serverKeepAlive_shorterThanAsked_boundsTheWaitForRoom}</td></tr>
 * <tr><td>7</td><td>PUBREC and PUBCOMP wait for Kafka; acknowledgements never get into another packet</td>
 *   <td>{@code AcknowledgementTest#publish_qos2NotConfirmed_getsNoPubrec},
 *   {@code AcknowledgementTest#publish_qos2ConfirmedAndReleased_isCompleted},
 *   {@code SubscribeTest#subscribe_packetOfManyWrites_isNotMixedWithAcknowledgements}</td></tr>
 * <tr><td>8</td><td>Receive maximum above 32,767, packet size, packets in pieces, malformed lengths</td>
 *   <td>{@code HandshakeTest#connack_receiveMaximum65535_isAccepted},
 *   {@code MalformedInputTest#publish_largerThanMaximumPacketSize_disconnectsAsTooLarge},
 *   {@code FailureTest#publish_inFragmentsOfOneByte_isProduced},
 *   {@code MalformedInputTest#publish_lengthOfFiveBytes_disconnectsAsMalformed}</td></tr>
 * <tr><td>9</td><td>A time limit for CONNACK; no fast retry where somebody has to mend something; none after a
 *   takeover</td>
 *   <td>{@code LivenessTest#connack_never_triesAgain},
 *   {@code DisconnectTest#disconnect_reasonThatNeedsMending_waitsTheLongestDelay},
 *   {@code DisconnectTest#takenOver_beforeSuback_failsTheStartAndDoesNotReconnect}</td></tr>
 * <tr><td>10</td><td>Subscribes at every connect and checks every reason code</td>
 *   <td>{@code SubscribeTest#reconnect_sessionPresent_subscribesAgain},
 *   {@code HandshakeTest#suback_refusedOrLowerQos_failsTheStartNamingTheFilter}</td></tr>
 * <tr><td>11</td><td>The limits in CONNACK</td>
 *   <td>{@code ConnectionLimitsTest}</td></tr>
 * <tr><td>12</td><td>Publishing to MQTT</td>
 *   <td>{@code PublishingTest#serverReceiveMaximum_one_publishesOneAtATimeAndInOrder},
 *   {@code PublishingFailureTest#puback_quotaExceeded_isTriedAgainUnderAnotherId},
 *   {@code PublishingFailureTest#largerThanTheBrokerTakes_isDeadLetteredAndCommittedWhenConfirmed},
 *   {@code PublishingTest#reconnect_afterPubrec_releasesAndDoesNotPublishAgain}</td></tr>
 * <tr><td>13</td><td>A connection that is dead without saying so is replaced</td>
 *   <td>{@code LivenessTest#pings_notAnswered_reconnects},
 *   {@code LivenessTest#codec_blocks_dropsTheConnectionAndConnectsAgainWhenItReturns}</td></tr>
 * <tr><td>14</td><td>Daemon threads</td>
 *   <td>{@code ThreadsTest#threads_whileConnected_areDaemons}</td></tr>
 * <tr><td>15</td><td>Copies for overlapping subscriptions are messages of their own</td>
 *   <td>{@code AcknowledgementTest#publish_copiesWithSubscriptionIds_goToTheirRouteOnly}</td></tr>
 * <tr><td>16</td><td>What is no MQTT 5 broker, or does not keep to its part, is refused and told with the mend</td>
 *   <td>{@code ForeignBrokerTest}</td></tr>
 * <tr><td>17</td><td>WebSocket: fragments, pings, pauses, limits, and what RFC 6455 forbids</td>
 *   <td>{@code WebSocketTest}</td></tr>
 * </table>
 */
package io.mqttkafka.bridge.tests.engine;
