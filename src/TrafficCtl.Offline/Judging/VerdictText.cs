using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using TrafficCtl.Core.Judging;

namespace TrafficCtl.Offline.Judging;

/// <summary>A trace's verdict as one line of JSON, as <c>JudgedTrace</c> of the contract; numbers have nine digits.</summary>
internal sealed class VerdictText(bool explain) : IDisposable
{
    private readonly ArrayBufferWriter<byte> bytes = new(4096);
    private readonly Utf8JsonWriter json = new(
        Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public string Of(TraceVerdict of)
    {
        bytes.ResetWrittenCount();
        json.Reset(bytes);
        json.WriteStartObject();
        json.WriteString("trace", of.Trace);
        json.WriteString("verdict", Word(of.Verdict));
        if (double.IsNaN(of.DecidedAt)) json.WriteNull("decidedAt");
        else json.WriteNumber("decidedAt", of.DecidedAt);
        json.WriteNumber("incomplete", of.BadLines);
        json.WriteString("reason", explain ? Reason(of) : null);
        json.WriteStartArray("findings");
        foreach (var finding in of.Judgement.Findings) Write(finding);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    public void Dispose() => json.Dispose();

    private void Write(Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("signal", finding.Signal);
        json.WriteString("verdict", Word(finding.Verdict));
        Number("estimate", finding.Estimate);
        Number("low", finding.Low);
        Number("high", finding.High);
        Number("evidence", finding.Evidence);
        Number("bound", finding.Bound);
        json.WriteStartObject("samples");
        Number("stable", finding.Stable.Requests);
        Number("candidate", finding.Candidate.Requests);
        json.WriteEndObject();
        json.WriteString("text", explain ? finding.Text : null);
        json.WriteEndObject();
    }

    private static string Reason(TraceVerdict of) => of.BadLines == 0 || of.Verdict == Verdict.Fail
        ? of.Judgement.Reason
        : $"incomplete: {of.BadLines} bad line{(of.BadLines == 1 ? "" : "s")} left out, so it cannot pass; {of.Judgement.Reason}";

    private void Number(string name, double value)
    {
        json.WritePropertyName(name);
        if (double.IsFinite(value)) json.WriteRawValue(value.ToString("G9", CultureInfo.InvariantCulture));
        else json.WriteNullValue();
    }

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Pass => "pass",
        Verdict.Fail => "fail",
        _ => "unsure",
    };
}
