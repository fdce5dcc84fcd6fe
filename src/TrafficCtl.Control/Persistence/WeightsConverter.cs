using System.Text.Json;
using System.Text.Json.Serialization;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Control.Persistence;

/// <summary>Weights as the candidate's basis points: a bare number, 0..10000.</summary>
internal sealed class WeightsConverter : JsonConverter<Weights>
{
    public override Weights Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var points) && points is >= 0 and <= Weights.Total
            ? Weights.OfCandidate(points)
            : throw new JsonException($"a weight is a whole number of basis points, 0..{Weights.Total}");

    public override void Write(Utf8JsonWriter writer, Weights value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Candidate);
}
