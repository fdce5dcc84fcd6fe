using System.Buffers;
using TrafficCtl.Core.Judging.State;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.State;

internal delegate void Saving(StateWriter to);

internal delegate void Loading(ref StateReader from);

/// <summary>The saved bytes of a statistic, and another one made from them.</summary>
internal static class Saved
{
    public static byte[] Bytes(Saving save)
    {
        var buffer = new ArrayBufferWriter<byte>();
        save(new StateWriter(buffer));
        return buffer.WrittenSpan.ToArray();
    }

    public static void Copy(Saving from, Loading to)
    {
        var reader = new StateReader(Bytes(from));
        to(ref reader);
        Assert.True(reader.IsComplete);
    }
}
