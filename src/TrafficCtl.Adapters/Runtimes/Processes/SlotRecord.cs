using System.Text.Json;
using System.Text.Json.Serialization;

namespace TrafficCtl.Adapters.Runtimes.Processes;

internal enum Wanted
{
    Run,
    Drain,
    Stop,
}

/// <summary>What a slot is to run and what was started for it, on the disk: what the next daemon finds its process by.</summary>
/// <remarks>
/// It is written before a process is started, without its id, and again with it. A death between leaves a process that bears
/// <see cref="Start"/> in its environment and holds the slot's lock.
/// </remarks>
/// <param name="Start">Counts the starts of the slot.</param>
/// <param name="Process">0 while it is not known, or nothing was started.</param>
/// <param name="Started">Of the process, in ticks since <paramref name="Boot"/>.</param>
/// <param name="HasServed">A probe of this process was good.</param>
internal sealed record SlotRecord(
    int Format, string Service, string Environment, string Target, string Slot, string BundleId, string Version, string Artifact,
    Wanted Wanted, long Start = 0, int Port = 0, string Boot = "", int Process = 0, long Started = 0, bool HasServed = false)
{
    public const int PresentFormat = 1;

    /// <summary>Far more than one takes.</summary>
    public const int MostBytes = 64 * 1024;

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, SlotRecordJson.Default.SlotRecord);

    /// <exception cref="JsonException">It is none.</exception>
    public static SlotRecord Read(byte[] bytes)
    {
        var found = JsonSerializer.Deserialize(bytes, SlotRecordJson.Default.SlotRecord) ?? throw new JsonException("it is null");
        return found.Format == PresentFormat
            ? found
            : throw new JsonException($"it has format {found.Format}, and this build reads {PresentFormat}");
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SlotRecord))]
internal sealed partial class SlotRecordJson : JsonSerializerContext;
