using Google.Protobuf;

namespace TrafficCtl.Cli;

/// <summary>The contract's messages for scripts: one document a line, zeros written.</summary>
internal static class Json
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    public static void WriteJson(this TextWriter to, IMessage message) => to.WriteLine(Formatter.Format(message));
}
