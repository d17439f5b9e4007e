@echo off
rem Starts mqtt-kafka-bridge. Looks at JAVA_HOME, and at JAVA_OPTS for options of the JVM such as -Xmx256m.
setlocal
set "HOME_DIR=%~dp0.."
set "JAVA_CMD=java"
if not "%JAVA_HOME%"=="" set "JAVA_CMD=%JAVA_HOME%\bin\java"
if "%BRIDGE_LOG_CONFIG%"=="" set "BRIDGE_LOG_CONFIG=%HOME_DIR%\conf\logback.xml"
"%JAVA_CMD%" -XX:+ExitOnOutOfMemoryError "-Dlogback.configurationFile=%BRIDGE_LOG_CONFIG%" %JAVA_OPTS% -cp "%HOME_DIR%\lib\bridge-standalone-${project.version}.jar" io.mqttkafka.bridge.standalone.StandaloneBridge %*
exit /b %ERRORLEVEL%
