// The look of Cloudscape's parts: colours and shapes. Becomes a style sheet when the console is built.

const pair = (light: string, dark: string): { light: string; dark: string } => ({ light, dark });

const accent = pair('#0f6b64', '#5bc8b9');
const accentStrong = pair('#0a524d', '#8adccf');
const surface = pair('#ffffff', '#141d1c');
const line = pair('#dde3e0', '#2b3937');
const ink = pair('#16211f', '#e4ecea');
const soft = pair('#52615d', '#a0b2ad');
const tint = pair('#e6f3f0', '#17312e');

export const look = {
  tokens: {
    fontFamilyBase: "'Inter Variable', system-ui, sans-serif",
    colorBackgroundLayoutMain: pair('#f6f8f7', '#0d1413'),
    colorBackgroundContainerContent: surface,
    colorBackgroundContainerHeader: surface,
    colorBackgroundButtonPrimaryDefault: accent,
    colorBackgroundButtonPrimaryHover: accentStrong,
    colorBackgroundButtonPrimaryActive: accentStrong,
    colorTextButtonPrimaryDefault: pair('#ffffff', '#06201d'),
    colorTextButtonPrimaryHover: pair('#ffffff', '#06201d'),
    colorTextButtonPrimaryActive: pair('#ffffff', '#06201d'),
    colorBorderButtonNormalDefault: pair('#8b9b96', '#4d605c'),
    colorBorderButtonNormalHover: accent,
    colorBorderButtonNormalActive: accent,
    colorTextButtonNormalDefault: ink,
    colorTextButtonNormalHover: accentStrong,
    colorTextButtonNormalActive: accentStrong,
    colorBackgroundButtonNormalDefault: surface,
    colorBackgroundButtonNormalHover: tint,
    colorBackgroundButtonNormalDisabled: surface,
    colorBackgroundButtonPrimaryDisabled: pair('#e3e9e6', '#22302e'),
    colorTextButtonPrimaryDisabled: pair('#6b7a76', '#7f928d'),
    colorBackgroundInputDefault: pair('#ffffff', '#101817'),
    colorBackgroundControlDefault: pair('#ffffff', '#101817'),
    colorBackgroundDialog: surface,
    colorBackgroundDialogDefault: surface,
    colorBackgroundDropdownItemDefault: surface,
    colorBackgroundPopover: surface,
    colorBorderInputDefault: pair('#8b9b96', '#4d605c'),
    colorBorderInputFocused: accent,
    fontWeightButton: '600',
    colorBackgroundButtonNormalActive: tint,
    colorTextAccent: accent,
    colorTextLinkDefault: accent,
    colorTextLinkHover: accentStrong,
    colorBorderItemFocused: accent,
    colorBorderItemSelected: accent,
    colorBackgroundItemSelected: tint,
    colorBackgroundControlChecked: accent,
    colorBackgroundToggleCheckedDisabled: tint,
    colorBorderDividerDefault: line,
    colorBorderDividerSecondary: line,
    colorTextBodyDefault: ink,
    colorTextBodySecondary: soft,
    colorTextHeadingDefault: ink,
    colorTextHeadingSecondary: soft,
    colorTextFormDefault: ink,
    colorTextFormSecondary: soft,
    colorBackgroundSegmentActive: accent,
    colorBackgroundLayoutToggleActive: accent,
    borderWidthButton: '1px',
    borderRadiusButton: '8px',
    borderRadiusContainer: '10px',
    borderRadiusInput: '8px',
    borderRadiusAlert: '10px',
    borderRadiusFlashbar: '10px',
  },
};
