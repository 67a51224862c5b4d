using LabelerService.Cli.Client;
using LabelerService.Cli.Commands;
using LabelerService.Contracts.V1;
using LabelerService.Formats.Rows;

namespace LabelerService.Cli.Files.Import;

/// <summary>Checks that the contents of items are what a dataset's items are, and reads the image files that rows name.</summary>
/// <param name="dataset">The dataset.</param>
/// <param name="folder">Folder that paths are relative to.</param>
internal sealed class ItemContents(Dataset dataset, string folder)
{
    private const int MaximumImageBytes = 8 << 20;

    private readonly ClassNames _classes = new([.. dataset.Classes]);

    /// <summary>What is wrong with an item's contents; null if nothing is.</summary>
    public string? Problem(ItemRow row)
    {
        var type = dataset.ItemType;
        var wrong = row switch
        {
            { Features: not null } when type.KindCase == ItemType.KindOneofCase.Text => "features",
            { Text: not null } when type.KindCase != ItemType.KindOneofCase.Text => "text",
            { Image: not null } or { Path: not null } when type.KindCase != ItemType.KindOneofCase.Image => "an image",
            _ => null,
        };
        if (wrong is not null)
        {
            return $"has {wrong}, but items of the dataset are {ItemTypeText.Of(type)}";
        }

        return FeaturesProblem(row) ?? ImageProblem(row) ?? (row.Gold is null ? null : _classes.Problem("gold", row.Gold));
    }

    /// <summary>Name of an item's gold class; empty where it has none.</summary>
    public string Gold(ItemRow row) => row.Gold is null ? "" : dataset.Classes[_classes.IndexOf(row.Gold)];

    /// <summary>The image file of an item.</summary>
    /// <exception cref="CommandException">It cannot be read.</exception>
    public ReadOnlyMemory<byte> Image(ItemRow row)
    {
        if (row.Image is { } image)
        {
            return image;
        }

        using var stream = InputFile.Open(Resolve(row.Path!));
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private string Resolve(string path) => Path.Combine(folder, path);

    private string? FeaturesProblem(ItemRow row)
    {
        if (row.Features is not { } features)
        {
            return null;
        }

        var count = features.Values.Length;
        if (ItemTypeText.FeatureLength(dataset.ItemType) is { } wanted)
        {
            return count == wanted && features.Steps == 0 ? null
                : $"features has {count} values{(features.Steps > 0 ? $" in {features.Steps} lists" : "")}, but items of the dataset "
                    + $"({ItemTypeText.Of(dataset.ItemType)}) have {wanted}";
        }

        var step = dataset.ItemType.Sequence.StepLength;
        return count > 0 && (features.Steps > 0 ? count == features.Steps * (long)step : count % step == 0)
            ? null
            : $"features has {count} values{(features.Steps > 0 ? $" in {features.Steps} steps" : "")}, but steps of the dataset have {step} each";
    }

    private string? ImageProblem(ItemRow row)
    {
        if (row.Image is null && row.Path is null)
        {
            return null;
        }

        var name = row.Path is null ? "image" : $"path {row.Path}";
        long length;
        Span<byte> head = stackalloc byte[8];
        if (row.Image is { } image)
        {
            length = image.Length;
            image.Span[..Math.Min(head.Length, image.Length)].CopyTo(head);
        }
        else
        {
            try
            {
                using var stream = InputFile.Open(Resolve(row.Path!));
                length = stream.Length;
                _ = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            }
            catch (CommandException exception)
            {
                return exception.Message;
            }
        }

        if (length > MaximumImageBytes)
        {
            return $"{name} has {length} bytes; at most {MaximumImageBytes} are stored";
        }

        return head.StartsWith<byte>([0x89, (byte)'P', (byte)'N', (byte)'G']) || head.StartsWith<byte>([0xFF, 0xD8, 0xFF])
            ? null
            : $"{name} is neither PNG nor JPEG";
    }
}
