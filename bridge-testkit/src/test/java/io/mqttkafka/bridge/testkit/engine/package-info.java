/**
 * The engine between a scripted MQTT broker and a fake Kafka: exact packets over a real socket.
 *
 * <p>What MQTT asks of a connection, and the test that fails without it:
 *
 * <table>
 * <caption>The checklist of a connection</caption>
 * <tr><th>#</th><th>Item</th><th>Test</th></tr>
 * <tr><td>1</td><td>Nothing of the last connection is left</td>
 *   <td>{@link ThreadsTest#threads_afterReconnects_areNoMoreThanBefore}</td></tr>
 * <tr><td>2</td><td>Session, window, keep-alive and no topic alias in CONNECT</td>
 *   <td>{@link HandshakeTest#connect_options_areOnTheWire},
 *   {@link HandshakeTest#connect_always_allowsNoTopicAlias}</td></tr>
 * <tr><td>3</td><td>Messages are taken from CONNACK on</td>
 *   <td>{@link AcknowledgementTest#publish_beforeSuback_isTakenAndAcknowledged}</td></tr>
 * <tr><td>4</td><td>No acknowledgement of another connection, none before CONNACK</td>
 *   <td>{@link DisconnectTest#confirmation_betweenConnectAndConnack_isNotWritten}</td></tr>
 * <tr><td>5</td><td>Acknowledgements in the order of receipt</td>
 *   <td>{@link AcknowledgementTest#publish_confirmedOutOfOrder_isAcknowledgedInOrder}</td></tr>
 * <tr><td>6</td><td>The reader waits for room, but not past the keep-alive</td>
 *   <td>{@link LivenessTest#window_full_dropsTheConnectionUntilKafkaConfirms},
 *   {@link ConnectionLimitsTest#serverKeepAlive_shorterThanAsked_boundsTheWaitForRoom}</td></tr>
 * <tr><td>7</td><td>PUBREC and PUBCOMP wait for Kafka; acknowledgements never get into another packet</td>
 *   <td>{@link AcknowledgementTest#publish_qos2NotConfirmed_getsNoPubrec},
 *   {@link AcknowledgementTest#publish_qos2ConfirmedAndReleased_isCompleted},
 *   {@link SubscribeTest#subscribe_packetOfManyWrites_isNotMixedWithAcknowledgements}</td></tr>
 * <tr><td>8</td><td>Receive maximum above 32,767, packet size, packets in pieces, malformed lengths</td>
 *   <td>{@link HandshakeTest#connack_receiveMaximum65535_isAccepted},
 *   {@link MalformedInputTest#publish_largerThanMaximumPacketSize_disconnectsAsTooLarge},
 *   {@link FailureTest#publish_inFragmentsOfOneByte_isProduced},
 *   {@link MalformedInputTest#publish_lengthOfFiveBytes_disconnectsAsMalformed}</td></tr>
 * <tr><td>9</td><td>A time limit for CONNACK; no fast retry where somebody has to mend something; none after a
 *   takeover</td>
 *   <td>{@link LivenessTest#connack_never_triesAgain},
 *   {@link DisconnectTest#disconnect_reasonThatNeedsMending_waitsTheLongestDelay},
 *   {@link DisconnectTest#takenOver_beforeSuback_failsTheStartAndDoesNotReconnect}</td></tr>
 * <tr><td>10</td><td>Subscribes at every connect and checks every reason code</td>
 *   <td>{@link SubscribeTest#reconnect_sessionPresent_subscribesAgain},
 *   {@link HandshakeTest#suback_refusedOrLowerQos_failsTheStartNamingTheFilter}</td></tr>
 * <tr><td>11</td><td>The limits in CONNACK</td>
 *   <td>{@link ConnectionLimitsTest}</td></tr>
 * <tr><td>12</td><td>Publishing to MQTT</td>
 *   <td>{@link PublishingTest#serverReceiveMaximum_one_publishesOneAtATimeAndInOrder},
 *   {@link PublishingFailureTest#puback_quotaExceeded_isTriedAgainUnderAnotherId},
 *   {@link PublishingFailureTest#largerThanTheBrokerTakes_isDeadLetteredAndCommittedWhenConfirmed},
 *   {@link PublishingTest#reconnect_afterPubrec_releasesAndDoesNotPublishAgain}</td></tr>
 * <tr><td>13</td><td>A connection that is dead without saying so is replaced</td>
 *   <td>{@link LivenessTest#pings_notAnswered_reconnects},
 *   {@link LivenessTest#codec_blocks_dropsTheConnectionAndConnectsAgainWhenItReturns}</td></tr>
 * <tr><td>14</td><td>Daemon threads</td>
 *   <td>{@link ThreadsTest#threads_whileConnected_areDaemons}</td></tr>
 * <tr><td>15</td><td>Copies for overlapping subscriptions are messages of their own</td>
 *   <td>{@link AcknowledgementTest#publish_copiesWithSubscriptionIds_goToTheirRouteOnly}</td></tr>
 * <tr><td>16</td><td>What is no MQTT 5 broker, or does not keep to its part, is refused and told with the mend</td>
 *   <td>{@link ForeignBrokerTest}</td></tr>
 * <tr><td>17</td><td>WebSocket: fragments, pings, pauses, limits, and what RFC 6455 forbids</td>
 *   <td>{@link WebSocketTest}</td></tr>
 * </table>
 */
package io.mqttkafka.bridge.testkit.engine;
