using System.Globalization;
using Google.Protobuf.Reflection;

namespace TrafficCtl.Daemon.Tests.Api.Rpc;

/// <summary>A contract as lines, one for each thing that a client may rely on.</summary>
internal static class ContractList
{
    public static IReadOnlyList<string> Of(params IEnumerable<FileDescriptor> files) =>
    [
        .. files.SelectMany(static file => file.Services.SelectMany(static s => s.Methods).Select(Line)
            .Concat(file.MessageTypes.SelectMany(Lines)).Concat(file.EnumTypes.SelectMany(Lines))),
    ];

    private static string Line(MethodDescriptor rpc) =>
        $"rpc {rpc.FullName} takes {Stream(rpc.IsClientStreaming)}{rpc.InputType.Name}, gives "
            + $"{Stream(rpc.IsServerStreaming)}{rpc.OutputType.Name}";

    private static IEnumerable<string> Lines(MessageDescriptor message) => message.Fields.InFieldNumberOrder().Select(Line)
        .Concat(message.NestedTypes.Where(static m => !m.IsMapEntry).SelectMany(Lines)).Concat(message.EnumTypes.SelectMany(Lines));

    private static IEnumerable<string> Lines(EnumDescriptor type) =>
        type.Values.Select(value => string.Create(CultureInfo.InvariantCulture, $"value {type.FullName} {value.Number} {value.Name}"));

    private static string Line(FieldDescriptor field) => string.Create(
        CultureInfo.InvariantCulture,
        $"field {field.ContainingType.FullName} {field.FieldNumber} {field.Name} as {field.JsonName}: {TypeOf(field)}");

    private static string TypeOf(FieldDescriptor field)
    {
        if (field.IsMap)
            return $"map of {NameOf(field.MessageType.FindFieldByNumber(1))} to {NameOf(field.MessageType.FindFieldByNumber(2))}";
        if (field.IsRepeated) return $"list of {NameOf(field)}";
        return field.HasPresence && field.FieldType != FieldType.Message ? $"optional {NameOf(field)}" : NameOf(field);
    }

    private static string NameOf(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Message => field.MessageType.FullName,
        FieldType.Enum => field.EnumType.FullName,
        var type => type.ToString().ToLowerInvariant(),
    };

    private static string Stream(bool isStreaming) => isStreaming ? "a stream of " : "";
}
