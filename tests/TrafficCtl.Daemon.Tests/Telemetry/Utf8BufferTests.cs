using System.Globalization;
using System.Text;
using TrafficCtl.Daemon.Telemetry;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Telemetry;

public sealed class Utf8BufferTests
{
    [Fact]
    public void Holds_all_that_was_written_over_many_pieces()
    {
        using var buffer = new Utf8Buffer();
        using var label = new Utf8Buffer();
        label.Append(new string('é', 2000));
        var expected = new StringBuilder();
        for (var i = 0; i < 20_000; i++)
        {
            buffer.Append("süß ");
            buffer.Append(i / 8.0);
            buffer.Write("\n"u8);
            if (i % 5000 == 0) buffer.Append(label);
            expected.Append("süß ").Append((i / 8.0).ToString("R", CultureInfo.InvariantCulture)).Append('\n');
            if (i % 5000 == 0) expected.Append('é', 2000);
        }

        var bytes = buffer.Pieces.SelectMany(piece => piece.ToArray()).ToArray();
        Assert.Equal(expected.ToString(), Encoding.UTF8.GetString(bytes));
        Assert.Equal(bytes.Length, buffer.Length);
        Assert.True(buffer.Pieces.Count() > 3);

        buffer.Clear();
        buffer.Append(double.NegativeInfinity);
        Assert.Equal("-Inf"u8.ToArray(), Assert.Single(buffer.Pieces).ToArray());
    }
}
