using Google.Protobuf;
using TrafficCtl.Daemon.Api;

namespace TrafficCtl.Cli.Invocation;

/// <summary>The contract's messages for scripts: one document a line, as the admin API gives them.</summary>
internal static class Json
{
    public static void WriteJson(this TextWriter to, IMessage message) => to.WriteLine(MessageJson.Format(message));
}
