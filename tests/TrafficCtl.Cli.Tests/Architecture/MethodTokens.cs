using System.Reflection.Emit;

namespace TrafficCtl.Cli.Tests.Architecture;

/// <summary>Finds the metadata tokens in the bytes of a method's body (ECMA-335, partition III).</summary>
internal static class MethodTokens
{
    private static readonly Dictionary<short, OperandType> Operands = typeof(OpCodes).GetFields()
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(o => o.Value, o => o.OperandType);

    public static IEnumerable<int> Of(byte[] il)
    {
        for (var at = 0; at < il.Length;)
        {
            short code = il[at++];
            if (code == 0xFE) code = (short)(0xFE00 | il[at++]);
            var operand = Operands[code];
            if (operand is OperandType.InlineMethod
                or OperandType.InlineField
                or OperandType.InlineType
                or OperandType.InlineTok
                or OperandType.InlineSig)
                yield return BitConverter.ToInt32(il, at);
            at += operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
                _ => 4,
            };
        }
    }
}
